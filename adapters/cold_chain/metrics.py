"""Names of metrics (domain notes 1.2): what is measured, a point, where."""

BATTERY = "battery.percent"
BATTERY_VOLTS = "battery.volts"
DOOR_OPEN = "door.open"


def is_temperature(metric: str) -> bool:
    """In °C, with a probe's range and sentinels."""
    return metric.startswith("temp.")


def is_percent(metric: str) -> bool:
    """From 0 to 100 %: relative humidity, battery charge."""
    return metric.startswith("humidity.") or metric == BATTERY


def is_switch(metric: str) -> bool:
    """1 or 0: a door (door.open, door.open.freezer) is open or shut, a device's own alarm is on or off."""
    return metric == DOOR_OPEN or metric.startswith((DOOR_OPEN + ".", "alarm."))


def is_volts(metric: str) -> bool:
    return metric == BATTERY_VOLTS


def humidity_beside(temperature: str) -> str:
    """The humidity that a sensor measures where it measures this temperature."""
    return "humidity." + temperature.partition(".")[2]


def alarm_of(code: str, metric: str) -> str:
    """The device's own alarm ``code`` about the probe of this metric: alarm.threshold_vaccine."""
    place = metric.partition(".")[2].replace(".", "_")
    return f"{code}_{place}"[:38]  # "alarm." and at most 32 characters


def unit_of(metric: str, temperature: str | None = None) -> str:
    """The unit (UCUM) that a plain number is in; of a temperature °C unless another is named."""
    if is_temperature(metric):
        return temperature or "Cel"
    if is_percent(metric):
        return "%"
    return "V" if is_volts(metric) else "1"

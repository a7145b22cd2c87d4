"""Names of metrics (domain notes 1.2): what is measured, a point, where."""

BATTERY = "battery.percent"


def is_temperature(metric: str) -> bool:
    """In °C, with a probe's range and sentinels."""
    return metric.startswith("temp.")


def is_percent(metric: str) -> bool:
    """From 0 to 100 %: relative humidity, battery charge."""
    return metric.startswith("humidity.") or metric == BATTERY


def humidity_beside(temperature: str) -> str:
    """The humidity that a sensor measures where it measures this temperature."""
    return "humidity." + temperature.partition(".")[2]

"""The field of each metric, with the range that the schema allows (0.8.1, ``PQS-DS01-objects``).

Adapters are never imported by an API: a test holds this table to that of ``cold_http``.
"""

from typing import NamedTuple


class Field(NamedTuple):
    """``nullable``: a reading without a value is null; otherwise the field is left out."""

    name: str
    lowest: float
    highest: float
    nullable: bool = True


_ENDLESS = float("inf")

BY_METRIC: dict[str, Field] = {
    "temp.vaccine": Field("TVC", -55, 60),
    "temp.freezer": Field("TFRZ", -99.9, 60),
    "temp.ambient": Field("TAMB", -55, 60, nullable=False),
    "temp.condenser": Field("TCON", -55, 150),
    "temp.condenser2": Field("TCON2", -55, 150),
    "temp.compressor": Field("TPCB", -55, 150),
    "temp.compressor2": Field("TPCB2", -55, 150),
    "humidity.ambient": Field("HAMB", 0, 100),
    "humidity.vaccine": Field("HCOM", 0, 100),
    "door.open_s": Field("DORV", 0, 900),
    "door.freezer.open_s": Field("DORF", 0, 900),
    "door.count": Field("DRCV", 0, 900),
    "door.freezer.count": Field("DRCF", 0, 900),
    "door.open_now_s": Field("IDRV", 0, _ENDLESS),
    "door.freezer.open_now_s": Field("IDRF", 0, _ENDLESS),
    "compressor.run_s": Field("CMPR", 0, 900),
    "compressor2.run_s": Field("CMPR2", 0, 900),
    "compressor.speed": Field("CMPS", 0, 20_000),
    "compressor2.speed": Field("CMPS2", 0, 20_000),
    "fan.percent": Field("FANS", 0, 100),
    "power.available_s": Field("SVA", 0, 900),
    "power.ac_voltage": Field("ACSV", 0, 600),
    "power.ac_current": Field("ACCD", 0, 50),
    "power.dc_voltage": Field("DCSV", 0, 999.9),
    "power.dc_current": Field("DCCD", 0, 99.9),
    "holdover": Field("HOLD", 0, 999.9),
    "battery.days": Field("BEMD", 0, 9999.9),
    "battery.logger.days": Field("BLOG", 0, 9999, nullable=False),
    "switch.main": Field("MSW", 0, 1),
}
ALARMS = "alarm."
LOGGER_ERROR, MONITOR_ERROR = "error.logger", "error.monitor"

# Our reasons in the words of annex 1; what has none there is an error all the same.
LOGGER_CODES = {
    "logger_sensor": "SENS",
    "logger_comm": "COMM",
    "logger_memory": "MEM",
    "logger_clock": "RTC",
    "logger_battery": "BATT",
}
MONITOR_CODES = {"monitor_comm": "COMM"}
PROBE_ERROR = "SENS"  # a probe that our own rules refused
OTHER_ERROR = "ERR"

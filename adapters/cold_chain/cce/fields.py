"""The fields of a record: metric, unit and range (cce-interop 0.8.1, ``PQS-DS01-objects``).

Names with a 2 are the second compressor's. What stands for a quarter of an hour in the schema is
the sum or mean of the 15 minutes that end at the record's time.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from adapters.cold_chain.decoders import measurement
from adapters.cold_chain.decoders.measurement import Measured
from adapters.cold_chain.sensor_config import SensorConfig

_ENDLESS = float("inf")
# Until 0.7.2 the compressor's run time was in minutes; the quarter of an hour has 15 of them.
LAST_VERSION_IN_MINUTES = (0, 7, 2)
_RUN_TIMES = frozenset({"CMPR", "CMPR2"})


class Field(NamedTuple):
    """``unit`` in UCUM, the range inclusive; ``probe``: a temperature with a probe's sentinels."""

    metric: str
    unit: str
    lowest: float
    highest: float
    probe: bool = False


FIELDS: dict[str, Field] = {
    "TVC": Field("temp.vaccine", "Cel", -55, 60, probe=True),
    "TFRZ": Field("temp.freezer", "Cel", -99.9, 60, probe=True),
    "TAMB": Field("temp.ambient", "Cel", -55, 60, probe=True),
    "TCON": Field("temp.condenser", "Cel", -55, 150),  # 85 °C is a condenser's summer, no sentinel
    "TCON2": Field("temp.condenser2", "Cel", -55, 150),
    "TPCB": Field("temp.compressor", "Cel", -55, 150),
    "TPCB2": Field("temp.compressor2", "Cel", -55, 150),
    "HAMB": Field("humidity.ambient", "%", 0, 100),
    "HCOM": Field("humidity.vaccine", "%", 0, 100),
    "DORV": Field("door.open_s", "s", 0, 900),
    "DORF": Field("door.freezer.open_s", "s", 0, 900),
    "DRCV": Field("door.count", "1", 0, 900),
    "DRCF": Field("door.freezer.count", "1", 0, 900),
    "IDRV": Field("door.open_now_s", "s", 0, _ENDLESS),
    "IDRF": Field("door.freezer.open_now_s", "s", 0, _ENDLESS),
    "CMPR": Field("compressor.run_s", "s", 0, 900),
    "CMPR2": Field("compressor2.run_s", "s", 0, 900),
    "CMPS": Field("compressor.speed", "/min", 0, 20_000),
    "CMPS2": Field("compressor2.speed", "/min", 0, 20_000),
    "FANS": Field("fan.percent", "%", 0, 100),
    "SVA": Field("power.available_s", "s", 0, 900),
    "ACSV": Field("power.ac_voltage", "V", 0, 600),
    "ACCD": Field("power.ac_current", "A", 0, 50),
    "DCSV": Field("power.dc_voltage", "V", 0, 999.9),
    "DCCD": Field("power.dc_current", "A", 0, 99.9),
    "HOLD": Field("holdover", "d", 0, 999.9),
    "BEMD": Field("battery.days", "d", 0, 9999.9),
    "BLOG": Field("battery.logger.days", "d", 0, 9999),
    "MSW": Field("switch.main", "1", 0, 1),
}
# What the logger itself measures; its errors put these in doubt (the schema leaves out which).
SENSED = frozenset({"TVC", "TFRZ", "TAMB", "HAMB", "HCOM"})


def measure(name: str, said: Any, version: tuple[int, ...], config: SensorConfig) -> Measured:
    """What field ``name`` says, in its unit, or why it says nothing."""
    field = FIELDS[name]
    if name == "MSW":
        return _switch(said, field.unit)
    if name in _RUN_TIMES and version <= LAST_VERSION_IN_MINUTES:
        return _minutes(said, field)
    if field.probe:
        lowest, highest = max(field.lowest, config.lowest_cel), min(field.highest, config.highest_cel)
        return measurement.temperature(said, "Cel", lowest, highest)
    return _in_range(measurement.quantity(said, field.unit), field)


def _in_range(measured: Measured, field: Field) -> Measured:
    value = measured.value
    if value is None or field.lowest <= value <= field.highest:
        return measured
    return measured._replace(value=None, reason="out_of_range")


def _minutes(said: Any, field: Field) -> Measured:
    minutes = measurement.quantity(said, "min")
    if minutes.value is None:
        return minutes._replace(unit=field.unit)
    seconds = float(Decimal(repr(minutes.value)) * 60)
    return _in_range(minutes._replace(value=seconds, unit=field.unit), field)


def _switch(said: Any, unit: str) -> Measured:
    if isinstance(said, bool):
        return Measured(float(said), unit, float(said), unit, None)
    return Measured(None, unit, None, unit, "missing" if said is None else "not_boolean")

"""From what a device says of a probe to a value in one unit, or the reason why there is none.

A probe that failed rarely says so: it sends a number. Each of these has been a vaccine alarm, or
hidden one, somewhere; none becomes a good reading.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite
from typing import NamedTuple

from adapters.cold_chain.units import UNITS

_HUNDREDTH = Decimal("0.01")

# °F and K devices round, and small calibration offsets move a sentinel with every other reading.
SENTINEL_WIDTH_CEL = Decimal("0.3")
SENTINELS_CEL: dict[Decimal, str] = {
    Decimal(85): "power_on_reset",  # DS18B20 data sheet: the scratchpad before the first conversion
    Decimal(-127): "probe_lost",  # DallasTemperature's DEVICE_DISCONNECTED_C
    Decimal(300): "probe_lost",  # Teltonika: 3000 tenths is "sensor error"
}
# Words of a register that never held a measurement, at the usual scales, whatever unit is written
# beside them: 0x7FFF, 0x8000, 0xFFFF; -127 as firmware sends it that forgot to convert.
SENTINEL_WORDS: dict[Decimal, str] = {
    Decimal(word).scaleb(-digits): "probe_lost"
    for word in (0x7FFF, -0x8000, -0x7FFF, 0x8000, 0xFFFF)
    for digits in (0, 1, 2)
} | {Decimal(-127): "probe_lost"}

# What a device may write instead of a number and we may repeat: texts of a fixed list, never its own words.
_WORDS = frozenset(
    {"nan", "inf", "-inf", "infinity", "null", "none", "unknown", "unavailable", "error", "--"}
)

_SWITCH = {"on": 1.0, "open": 1.0, "true": 1.0, "off": 0.0, "closed": 0.0, "false": 0.0}

PROBE_REASONS = frozenset(
    {"power_on_reset", "probe_lost", "out_of_range", "not_a_number", "not_numeric", "missing"}
)


class Measured(NamedTuple):
    """``value`` in ``unit`` (UCUM), None with a ``reason``; raw as it came, where it may be shown."""

    value: float | None
    unit: str
    raw_value: float | str | None
    raw_unit: str | None
    reason: str | None


def temperature(raw: object, unit: object, lowest_cel: float, highest_cel: float) -> Measured:
    """Degrees Celsius. ``unit`` as the device names it; °F and K are rounded half even to 0.01 °C."""
    known = UNITS.get(unit.strip().casefold()) if isinstance(unit, str) and len(unit) <= 16 else None
    number, shown, reason = _number(raw)
    if number is None or known is None:
        return Measured(None, "Cel", shown, known, reason or "unit_unknown")
    celsius = to_celsius(number, known)
    fault = _sentinel(number, celsius)
    if fault is None and not Decimal(repr(lowest_cel)) <= celsius <= Decimal(repr(highest_cel)):
        fault = "out_of_range"
    value = None if fault else float(celsius) + 0.0  # -0.0 is 0.0
    return Measured(value, "Cel", shown, known, fault)


def percent(raw: object) -> Measured:
    """Relative humidity or battery charge."""
    number, shown, reason = _number(raw)
    if number is not None and not 0 <= number <= 100:
        number, reason = None, "out_of_range"
    return Measured(None if number is None else float(number) + 0.0, "%", shown, "%", reason)


def quantity(raw: object, unit: str) -> Measured:
    """Anything else, in the unit that the operator named."""
    number, shown, reason = _number(raw)
    if number is None or number in SENTINEL_WORDS:
        return Measured(None, unit, shown, unit, reason or "probe_lost")
    return Measured(float(number) + 0.0, unit, shown, unit, None)


def switch(raw: object) -> Measured:
    """1 or 0: a boolean, one of the usual words, or the number itself."""
    if isinstance(raw, bool):
        return Measured(float(raw), "1", float(raw), "1", None)
    word = raw.strip().casefold() if isinstance(raw, str) and len(raw) <= 16 else ""
    if word in _SWITCH:
        return Measured(_SWITCH[word], "1", word, "1", None)
    number, shown, reason = _number(raw)
    if number is not None and number not in (0, 1):
        number, reason = None, "out_of_range"
    return Measured(None if number is None else float(number) + 0.0, "1", shown, "1", reason)


def failed(raw: object, unit: str, fault: str) -> Measured:
    """What the dialect itself calls no measurement, whatever stands in its place."""
    shown = _number(raw)[1]
    return Measured(None, unit, shown, unit if shown is not None else None, fault)


def to_celsius(number: Decimal, unit: str) -> Decimal:
    """Of °F and K to 0.01 °C, half even; a number in °C stays as it is."""
    if unit == "Cel" or abs(number) > 1_000_000:  # far outside any range: only its size matters
        return number
    celsius = (number - 32) * 5 / 9 if unit == "[degF]" else number - Decimal("273.15")
    return celsius.quantize(_HUNDREDTH, ROUND_HALF_EVEN)


def _sentinel(number: Decimal, celsius: Decimal) -> str | None:
    if number in SENTINEL_WORDS:
        return SENTINEL_WORDS[number]
    for sentinel, reason in SENTINELS_CEL.items():
        if abs(celsius - sentinel) <= SENTINEL_WIDTH_CEL:
            return reason
    return None


def _number(raw: object) -> tuple[Decimal | None, float | str | None, str | None]:
    """(number, what may be shown of it, why there is no number)."""
    if raw is None:
        return None, None, "missing"
    if isinstance(raw, str):
        word = raw.strip().casefold() if len(raw) <= 16 else ""
        return None, word if word in _WORDS else None, "not_numeric"
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, None, "not_numeric"
    number = float(raw)
    if not isfinite(number):
        return None, str(number), "not_a_number"
    return Decimal(repr(number)), number, None

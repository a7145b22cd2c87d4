"""What a series says at each instant, from docs/alarm_rules.md alone: times in whole milliseconds, values,
thresholds and offsets in whole thousandths. Nothing of the product is imported here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

GREATEST = 1e12  # of a unit
RANKS = ("GOOD", "UNCERTAIN", "BAD")
Comparison = tuple[str, int]  # (">", 8000)


class Reading(NamedTuple):
    """``value``: in thousandths as the device told it, or None."""

    time: int
    value: int | None
    quality: str


class Calibration(NamedTuple):
    """An offset for ``[begins, ends)``; ``ends`` None: open."""

    offset: int
    begins: int
    ends: int | None
    issued: int


class Rule(NamedTuple):
    """``when``: a comparison, "bad" or "silent"; ``begins`` and ``ends``: when the version is in force."""

    when: Comparison | str
    lasts: int  # `for`, or the D of silence
    hold: int
    severity: str = "warning"
    clear: Comparison | None = None
    clear_lasts: int = 0
    steps: tuple[tuple[int, str], ...] = ()
    bridge: int = 0
    begins: int | None = None
    ends: int | None = None


class Claims(NamedTuple):
    """What is claimed of one time, corrected, at the best quality there is; nothing: that is BAD."""

    time: int
    values: list[int]


class Instant(NamedTuple):
    """What one time says to one rule; ``value`` None: it is bad."""

    time: int
    value: int | None


def thousandths(value: float | None) -> int | None:
    """A thousand times it as a double, then half to even; beyond the greatest value there is none."""
    return round(value * 1000) if value is not None and abs(value) <= GREATEST else None


def corrected(reading: Reading, calibrations: Sequence[Calibration]) -> int:
    """Of the offsets in force at its time the one issued last; of one instant the greatest."""
    in_force = [
        (one.issued, one.offset)
        for one in calibrations
        if one.begins <= reading.time and (one.ends is None or reading.time < one.ends)
    ]
    assert reading.value is not None
    return reading.value + (max(in_force)[1] if in_force else 0)


def quality_of(reading: Reading) -> str:
    """GOOD and UNCERTAIN need a value."""
    return "BAD" if reading.value is None else reading.quality


def claims_of(known: Iterable[Reading], calibrations: Sequence[Calibration]) -> list[Claims]:
    """One for every time at which anything was read, identical readings once."""
    at: dict[int, set[Reading]] = defaultdict(set)
    for reading in known:
        at[reading.time].add(reading)
    return [Claims(time, best_values(at[time], calibrations)) for time in sorted(at)]


def best_values(readings: set[Reading], calibrations: Sequence[Calibration]) -> list[int]:
    best = min((quality_of(reading) for reading in readings), key=RANKS.index)
    if best == "BAD":
        return []
    return [corrected(reading, calibrations) for reading in readings if quality_of(reading) == best]


def instants_of(rule: Rule, claims: Iterable[Claims]) -> list[Instant]:
    """Of the claims of a time those that are worst for the rule."""
    return [Instant(time, worst_of(rule, values)) for time, values in claims]


def worst_of(rule: Rule, values: list[int]) -> int | None:
    """None of none. For rules without a comparison any will do: they never look at it."""
    if len(values) < 2:
        return values[0] if values else None
    operator, threshold = rule.when if isinstance(rule.when, tuple) else (">", 0)
    if operator in ("<", "<="):
        return min(values)
    if operator == "==" and threshold in values:
        return threshold
    return max(values)

"""What a series says at each instant, from docs/alarm_rules.md alone: times in whole milliseconds, values,
thresholds and offsets in whole thousandths. Nothing of the product is imported here.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

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


class Instant(NamedTuple):
    """What a series says at one time to one rule: corrected value, or None where its best quality is BAD."""

    time: int
    value: int | None


def thousandths(value: float) -> int:
    """A thousand times it as a double, then half to even."""
    return round(value * 1000)


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


def instants_of(rule: Rule, known: set[Reading], calibrations: Sequence[Calibration]) -> list[Instant]:
    """One answer for every time at which anything was read."""
    at: dict[int, list[Reading]] = defaultdict(list)
    for reading in known:
        at[reading.time].append(reading)
    return [Instant(time, worst_claim(rule, at[time], calibrations)) for time in sorted(at)]


def worst_claim(rule: Rule, claims: list[Reading], calibrations: Sequence[Calibration]) -> int | None:
    """Among the claims of the best quality the value that is worst for the rule; None when that is BAD."""
    best = min((quality_of(claim) for claim in claims), key=RANKS.index)
    if best == "BAD":
        return None
    return worst_of(rule, [corrected(claim, calibrations) for claim in claims if quality_of(claim) == best])


def worst_of(rule: Rule, values: list[int]) -> int:
    """For rules without a comparison any will do: they never look at it."""
    operator, threshold = rule.when if isinstance(rule.when, tuple) else (">", 0)
    if operator in ("<", "<="):
        return min(values)
    if operator == "==" and threshold in values:
        return threshold
    return max(values)

"""Excursions: stretches of time out of a range without a break; what nobody saw ends one."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from hub.exposure.ranges import Range
from hub.exposure.stretches import Stretch

Side = Literal["above", "below"]
_THOUSANDTHS_HOUR = 1000 * 3_600_000


@dataclass(frozen=True, slots=True)
class Excursion:
    """``peak``: the value farthest out; ``degree_ms``: thousandths of a degree beyond the limit, by time."""

    side: Side
    from_ms: int
    to_ms: int
    peak: int
    degree_ms: int

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms

    @property
    def degree_hours(self) -> Fraction:
        """The area between curve and limit, °C·h."""
        return Fraction(self.degree_ms, _THOUSANDTHS_HOUR)


def excursions(held: Iterable[Stretch], allowed: Range) -> list[Excursion]:
    """Of stretches by time; a value at a limit is within it."""
    found: list[Excursion] = []
    for stretch in held:
        one = _out(stretch, allowed)
        if one is None:
            continue
        if found and found[-1].side == one.side and found[-1].to_ms == one.from_ms:
            one = _joined(found.pop(), one)
        found.append(one)
    return found


def _out(stretch: Stretch, allowed: Range) -> Excursion | None:
    """The excursion that one stretch is."""
    from_ms, to_ms, value = stretch
    if value > allowed.high:
        return Excursion("above", from_ms, to_ms, value, (value - allowed.high) * stretch.length_ms)
    if value < allowed.low:
        return Excursion("below", from_ms, to_ms, value, (allowed.low - value) * stretch.length_ms)
    return None


def _joined(one: Excursion, other: Excursion) -> Excursion:
    farther = max if one.side == "above" else min
    return Excursion(
        one.side, one.from_ms, other.to_ms, farther(one.peak, other.peak), one.degree_ms + other.degree_ms
    )

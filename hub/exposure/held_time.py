"""How long each temperature was held: all that most figures need, and the same however time is cut up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from hub.exposure.ranges import Range
from hub.exposure.stretches import Span, Stretch


@dataclass(frozen=True, slots=True)
class Shares:
    """Milliseconds in a range, above and below it, and unseen."""

    inside_ms: int
    above_ms: int
    below_ms: int
    unseen_ms: int


@dataclass(frozen=True, slots=True)
class HeldTime:
    """``by_value``: milliseconds by value (thousandths of °C), ascending; ``span_ms``: seen and unseen."""

    by_value: Mapping[int, int]
    span_ms: int

    @property
    def seen_ms(self) -> int:
        return sum(self.by_value.values())

    @property
    def completeness(self) -> Fraction:
        """The share of the time that somebody saw; 0 of no time."""
        return Fraction(self.seen_ms, self.span_ms) if self.span_ms else Fraction(0)

    @property
    def least(self) -> int | None:
        return min(self.by_value, default=None)

    @property
    def greatest(self) -> int | None:
        return max(self.by_value, default=None)

    @property
    def mean(self) -> Fraction | None:
        """By time, thousandths; exact."""
        seen = self.seen_ms
        return Fraction(sum(value * ms for value, ms in self.by_value.items()), seen) if seen else None

    def shares(self, allowed: Range) -> Shares:
        """Both limits are allowed."""
        above = sum(ms for value, ms in self.by_value.items() if value > allowed.high)
        below = sum(ms for value, ms in self.by_value.items() if value < allowed.low)
        return Shares(self.seen_ms - above - below, above, below, self.span_ms - self.seen_ms)

    def at_most(self, value: int) -> int:
        """Milliseconds at ``value`` or colder."""
        return sum(ms for each, ms in self.by_value.items() if each <= value)


def held_time(held: Iterable[Stretch], span: Span) -> HeldTime:
    """Of stretches within ``span``."""
    found: Counter[int] = Counter()
    for stretch in held:
        found[stretch.value] += stretch.length_ms
    return HeldTime(dict(sorted(found.items())), span[1] - span[0])

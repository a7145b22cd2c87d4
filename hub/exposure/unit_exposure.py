"""What a unit's vaccines were exposed to in a span: the figures of its report, and of each part of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.exposure.excursions import Excursion, excursions
from hub.exposure.held_time import HeldTime, Shares, held_time
from hub.exposure.mean_kinetic_temperature import mean_kinetic_temperature
from hub.exposure.ranges import Range
from hub.exposure.stretches import Span, Stretch, gaps, within


@dataclass(frozen=True, slots=True)
class UnitExposure:
    """``span`` half open, Unix ms; ``gaps``: what nobody saw."""

    span: Span
    allowed: Range
    held: HeldTime
    shares: Shares
    excursions: Sequence[Excursion]
    gaps: Sequence[Span]

    @property
    def mean_kinetic(self) -> float | None:
        """°C; it knows nothing of frost."""
        return mean_kinetic_temperature(self.held)


def unit_exposure(held: Sequence[Stretch], span: Span, allowed: Range) -> UnitExposure:
    """Of stretches by time; only what lies in ``span`` counts."""
    inside = within(held, span)
    time = held_time(inside, span)
    return UnitExposure(
        span, allowed, time, time.shares(allowed), excursions(inside, allowed), gaps(inside, span)
    )


def windows(span: Span, length_ms: int) -> list[Span]:
    """``span`` in windows of one length that end with it; the first may be shorter."""
    starts = range(span[1] - length_ms, span[0] - length_ms, -length_ms)
    return [(max(start, span[0]), start + length_ms) for start in starts][::-1]


def hottest_window(held: Sequence[Stretch], span: Span, length_ms: int) -> tuple[Span, float] | None:
    """The window with the greatest mean kinetic temperature: a long time hides what a short one shows."""
    found = [
        (window, kinetic)
        for window in windows(span, length_ms)
        if (kinetic := mean_kinetic_temperature(held_time(within(held, window), window))) is not None
    ]
    return max(found, key=lambda each: each[1], default=None)

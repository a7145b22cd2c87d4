"""Calibrations of a series, ready for many readings."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.alarms.readings import Calibration
from hub.alarms.rules import BEGINNING, INFINITE


class Period(NamedTuple):
    """``offset`` is added to values of ``[from_ms, to_ms)``."""

    from_ms: int
    to_ms: int
    offset: int


class Offsets:
    """Calibrations of a series as periods without overlap or hole."""

    __slots__ = ("_starts", "periods")

    def __init__(self, calibrations: Sequence[Calibration] = ()) -> None:
        edges = {BEGINNING, *(each.from_ms for each in calibrations)}
        edges |= {each.to_ms for each in calibrations if each.to_ms is not None}
        starts = sorted(edges)
        self._starts = starts
        self.periods = tuple(
            Period(start, end, offset_at(calibrations, start))
            for start, end in zip(starts, [*starts[1:], INFINITE], strict=True)
        )

    def period(self, time_ms: int) -> Period:
        """The one of this time."""
        return self.periods[bisect_right(self._starts, time_ms) - 1]

    def first_difference(self, other: "Offsets") -> int | None:
        """The first time at which another offset counts; None: never."""
        edges = sorted({*self._starts, *other._starts})
        return next((at for at in edges if self.period(at).offset != other.period(at).offset), None)


def offset_at(calibrations: Iterable[Calibration], time_ms: int) -> int:
    """What is added to a value of ``time_ms``: of the calibrations valid then the one issued last says it."""
    valid = (
        (calibration.issued_ms, calibration.offset)
        for calibration in calibrations
        if calibration.from_ms <= time_ms and (calibration.to_ms is None or time_ms < calibration.to_ms)
    )
    return max(valid, default=(0, 0))[1]

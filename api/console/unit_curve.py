"""What a unit's temperature was: in time or known late, out of range, bad, or not measured. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from api.console.condition import Limits
from api.console.incident_chart import Span, gaps
from api.console.unit_lanes import Stretch, joined, within

MOST_POINTS = 1500


class Moment(NamedTuple):
    """A reading: ``value`` calibrated, None where nothing was measured; ``known_ms``: when it was here."""

    time_ms: int
    value: float | None
    reason: str
    known_ms: int


class Late(NamedTuple):
    """Readings that came when nobody waited for them any more, and between when and when they came."""

    start_ms: int
    end_ms: int
    known_from_ms: int
    known_to_ms: int
    readings: int


class Spot(NamedTuple):
    """A point of the curve; ``known_ms``: of one that was late."""

    time_ms: int
    value: float
    known_ms: int | None = None


@dataclass(frozen=True, slots=True)
class UnitCurve:
    """``spots`` in order of time; stretches in which it was warm or cool (``what``), bad, or unseen."""

    spots: tuple[Spot, ...] = ()
    outside: tuple[Stretch, ...] = ()
    bad: tuple[Stretch, ...] = ()
    unseen: tuple[Stretch, ...] = ()
    late: tuple[Late, ...] = ()


def curve_of(moments: Iterable[Moment], limits: Limits, span: Span, hold_ms: int) -> UnitCurve:
    """``hold_ms``: how long a reading speaks; what came later than that had been shown as unseen before."""
    known = sorted(moments)
    usable = [each for each in known if each.value is not None]
    spots = [
        Spot(each.time_ms, each.value, each.known_ms if is_late(each, hold_ms) else None)
        for each in usable
        if each.value is not None
    ]
    unseen = gaps([each.time_ms for each in known], span, hold_ms)
    return UnitCurve(
        tuple(spots),
        within(joined(_outside(spots, limits, span, hold_ms)), span),
        within(joined(_bad(known, span, hold_ms)), span),
        tuple(Stretch(start, end, "unseen") for start, end in unseen),
        tuple(_late(usable, hold_ms)),
    )


def is_late(moment: Moment, hold_ms: int) -> bool:
    return moment.known_ms - moment.time_ms > hold_ms


def _spoken(times: Sequence[int], end_ms: int, hold_ms: int) -> Iterable[int]:
    """Until when each speaks."""
    nexts = [*times[1:], end_ms]
    return (min(following, time + hold_ms) for time, following in zip(times, nexts, strict=True))


def _outside(spots: Sequence[Spot], limits: Limits, span: Span, hold_ms: int) -> Iterable[Stretch]:
    if not spots:
        return
    until = _spoken([spot.time_ms for spot in spots], span[1], hold_ms)
    for spot, end in zip(spots, until, strict=True):
        if spot.value > limits.high or spot.value < limits.low:
            yield Stretch(spot.time_ms, end, "critical", "warm" if spot.value > limits.high else "cool")


def _bad(known: Sequence[Moment], span: Span, hold_ms: int) -> Iterable[Stretch]:
    if not known:
        return
    until = _spoken([each.time_ms for each in known], span[1], hold_ms)
    for each, end in zip(known, until, strict=True):
        if each.value is None:
            yield Stretch(each.time_ms, max(end, each.time_ms + 1), "bad", each.reason)


def _late(usable: Sequence[Moment], hold_ms: int) -> Iterable[Late]:
    for late, found in groupby(usable, key=lambda each: is_late(each, hold_ms)):
        if late:
            together = list(found)
            known = [each.known_ms for each in together]
            yield Late(together[0].time_ms, together[-1].time_ms, min(known), max(known), len(together))


def thinned(spots: Sequence[Spot], most: int = MOST_POINTS) -> list[Spot]:
    """At most about ``most``: of each bucket the least and the greatest, so that no peak is lost."""
    if len(spots) <= most:
        return list(spots)
    start, end = spots[0].time_ms, spots[-1].time_ms
    width = max(1, (end - start) * 2 // most + 1)
    found: list[Spot] = []
    for _, bucket in groupby(
        spots, key=lambda spot: ((spot.time_ms - start) // width, spot.known_ms is None)
    ):
        values = list(bucket)
        found += sorted({min(values, key=_value), max(values, key=_value)})
    return found


def _value(spot: Spot) -> float:
    return spot.value

"""One version of a rule on silence on one series."""

from bisect import bisect_left, bisect_right
from operator import attrgetter

from hub.alarms.episode_telling import Stretch
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Curve
from hub.alarms.rules import BEGINNING

_start = attrgetter("start_ms")


class SilenceLine:
    """A rule on silence: each pair of instants speaks for itself. ``base``: the last forgotten instant.

    Instants at or behind the end of the version are not its business: what is silent then ends there.
    """

    __slots__ = ("base", "closed", "complete", "limits", "synced_ms", "watched_from_ms")

    def __init__(self, limits: Limits, *, complete: bool, watched_from_ms: int | None) -> None:
        self.limits = limits
        self.complete = complete
        self.watched_from_ms = watched_from_ms
        self.base: int | None = None
        self.closed: tuple[Stretch, ...] = ()
        self.synced_ms = BEGINNING if complete else None

    @property
    def is_idle(self) -> bool:
        return True

    def is_open_behind(self, time_ms: int) -> bool:
        return False

    def append(self, curve: Curve, at: int) -> None:
        times = curve.timeline.times
        if at == 0 or times[-1] - times[at - 1] > self.limits.for_ms:
            self.update(curve, times[at], times[-1])

    def update(self, curve: Curve, first_ms: int, last_ms: int) -> None:
        times = curve.timeline.times
        at, end = bisect_left(times, first_ms), bisect_left(times, self.limits.end_ms)
        earlier = times[at - 1] if at else self._before(curve)
        kept = () if earlier is None else self.closed[: bisect_left(self.closed, earlier, key=_start)]
        fresh = []
        for later in times[at : min(end, bisect_right(times, last_ms) + 1)]:
            if earlier is not None and later - earlier > self.limits.for_ms:
                fresh.append(Stretch(earlier, earlier + self.limits.for_ms, later))
            earlier = later
        rest = () if earlier is None else self.closed[bisect_left(self.closed, earlier, key=_start) :]
        self.closed = (*kept, *fresh, *rest)
        if self.synced_ms is None and times:
            self.synced_ms = times[0]

    def stretches(self, curve: Curve) -> tuple[Stretch, ...]:
        last = self._last(curve, len(curve.timeline.times))
        if last is None:
            return self.closed
        return (*self.closed, Stretch(last, last + self.limits.for_ms, None))

    def forget_before(self, curve: Curve, at: int) -> None:
        self.base = self._last(curve, at)
        self.complete = False
        base_ms = curve.timeline.times[at - 1]
        self.closed = tuple(each for each in self.closed if (each.cleared_at_ms or 0) > base_ms)

    def _last(self, curve: Curve, at: int) -> int | None:
        """The last of the first ``at`` instants that the version still heard."""
        times = curve.timeline.times
        at = min(at, bisect_left(times, self.limits.end_ms))
        return times[at - 1] if at else self._before(curve)

    def _before(self, curve: Curve) -> int | None:
        """The instant before the first in memory; where there never was one, the time since when we watch."""
        if not self.complete or self.watched_from_ms is None:
            return self.base
        times = curve.timeline.times
        return None if times and times[0] <= self.watched_from_ms else self.watched_from_ms

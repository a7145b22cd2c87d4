"""One version of a rule on a value, or on bad readings, on one series: right in any order of readings."""

from bisect import bisect_left, bisect_right
from operator import attrgetter

from hub.alarms.episode_telling import Stretch
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Curve
from hub.alarms.rules import BEGINNING
from hub.alarms.run_fold import UNKNOWN, Fold

_start = attrgetter("start_ms")


class ValueLine:
    """A rule on a value, or on bad readings. ``base``: what the forgotten past means, ``head``: all of it."""

    __slots__ = ("base", "closed", "head", "limits", "synced_ms")

    def __init__(self, limits: Limits, *, complete: bool) -> None:
        self.limits = limits
        self.base = None if complete else Fold(UNKNOWN)
        self.head = self.base.copy() if self.base else None
        self.closed: tuple[Stretch, ...] = ()
        self.synced_ms = BEGINNING if complete else None

    @property
    def is_idle(self) -> bool:
        return self.head is None

    def is_open_behind(self, time_ms: int) -> bool:
        return bool(self.closed or self.head) and self._cover(time_ms) is not None

    def append(self, curve: Curve, at: int) -> None:
        for now in range(at, len(curve.timeline.times)):
            value = curve.value(self.limits, now)
            if self.head is None:
                if not self.limits.violates(value):
                    continue
                self.head = Fold()
            fresh: list[Stretch] = []
            self._step(curve, self.head, now, fresh)
            if fresh:
                self.closed = (*self.closed, *fresh)
            if self.head.is_idle:
                self.head = None

    def update(self, curve: Curve, first_ms: int, last_ms: int) -> None:
        times = curve.timeline.times
        at = bisect_left(times, first_ms)
        if self._is_usual(curve, at, last_ms):
            return
        anchor = self._anchor(curve, at)
        fold = self._fold_at(anchor)
        fresh: list[Stretch] = []
        kept = self.closed[: bisect_left(self.closed, times[anchor], key=_start)] if anchor >= 0 else ()
        for now in range(anchor + 1, len(times)):
            self._step(curve, fold, now, fresh)
            if fold.is_idle and times[now] > last_ms and self._is_free(curve, now):
                later = self.closed[bisect_right(self.closed, times[now], key=_start) :]
                self.closed = (*kept, *fresh, *later)
                return
        self.closed = (*kept, *fresh)
        self.head = None if fold.is_idle else fold

    def stretches(self, curve: Curve) -> tuple[Stretch, ...]:
        last = self.head.finish(self.limits) if self.head else None
        return self.closed if last is None or last.start_ms == UNKNOWN else (*self.closed, last)

    def forget_before(self, curve: Curve, at: int) -> None:
        anchor = self._anchor(curve, at)
        fold = self._fold_at(anchor)
        for now in range(anchor + 1, at):
            self._step(curve, fold, now, [])
        self.base = None if fold.is_idle else fold
        base_ms = curve.timeline.times[at - 1]
        self.closed = tuple(each for each in self.closed if (each.cleared_at_ms or 0) > base_ms)

    def _is_usual(self, curve: Curve, at: int, last_ms: int) -> bool:
        """Whether the new instants change nothing: no run is near that one of them could prolong or end."""
        if self.head or at == 0:
            return False
        violates, value, limits = self.limits.violates, curve.value, self.limits
        for now in range(at, bisect_right(curve.timeline.times, last_ms)):
            if violates(value(limits, now)):
                return False
        return self._is_free(curve, at - 1) and self._none_begins(curve, at, last_ms)

    def _none_begins(self, curve: Curve, at: int, last_ms: int) -> bool:
        """Whether no episode, as known until now, begins among the instants up to a time."""
        first = bisect_right(self.closed, curve.timeline.times[at - 1], key=_start)
        return first == len(self.closed) or self.closed[first].start_ms > last_ms

    def _step(self, curve: Curve, fold: Fold, at: int, fresh: list[Stretch]) -> None:
        value = curve.value(self.limits, at)
        if value is None and not self.limits.is_bad:
            return
        over = fold.step(self.limits, curve.timeline.times[at], value)
        if over and over.start_ms == UNKNOWN:
            self.synced_ms = curve.timeline.times[at]
        elif over:
            fresh.append(over)

    def _fold_at(self, anchor: int) -> Fold:
        return self.base.copy() if anchor < 0 and self.base else Fold()

    def _anchor(self, curve: Curve, at: int) -> int:
        """The last instant before ``at`` behind which nothing of the past mattered; -1: the base."""
        times = curve.timeline.times
        at -= 1
        while at >= 0 and not self._is_free(curve, at):
            cover = self._cover(times[at])
            at = (at if cover is None else bisect_left(times, cover)) - 1
        return max(at, -1)

    def _is_free(self, curve: Curve, at: int) -> bool:
        """Whether the instant counts, violates nothing and lies in no episode, as far as known until now."""
        value = curve.value(self.limits, at)
        if value is None and not self.limits.is_bad:
            return False
        return not self.limits.violates(value) and self._cover(curve.timeline.times[at]) is None

    def _cover(self, time_ms: int) -> int | None:
        """The start of the episode, or of the run at the end, that went on behind an instant."""
        if self.head:
            start_ms = self.head.since_ms if self.head.open_ms is None else self.head.open_ms
            if start_ms <= time_ms:
                return start_ms
        at = bisect_right(self.closed, time_ms, key=_start) - 1
        if at >= 0 and (self.closed[at].cleared_at_ms or 0) > time_ms:
            return self.closed[at].start_ms
        return None

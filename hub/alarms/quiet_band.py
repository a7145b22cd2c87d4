"""When a series is quiet: which reading changes nothing, whatever the rule, so that nobody need look at it.

A series is quiet while its last instant is usable and no value line remembers anything.
A usual reading is then only written down: it can end no run, and the next one finds the lines as they were.
It may even be of the future: only a reading that violates, or the lack of one, could be seen too early.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from hub.alarms.readings import GREATEST
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Curve, Line
from hub.alarms.rules import BEGINNING, INFINITE
from hub.alarms.timeline import BAD, Timeline


class Band(NamedTuple):
    """Corrected values from ``low`` to ``high`` violate no rule that goes on behind ``settled_ms``."""

    low: int
    high: int
    silence_ms: int
    settled_ms: int


class Usual:
    """What some rules find usual; series share it."""

    __slots__ = ("_always", "_limits")

    def __init__(self, limits: Sequence[Limits]) -> None:
        self._limits = limits
        # A rule with == leaves usual values on either side, one with an end leaves more when it is over.
        is_one = all(each.is_one_sided and each.end_ms == INFINITE for each in limits)
        self._always = self._band(0, BEGINNING) if is_one else None

    def around(self, value: int, last_ms: int) -> Band:
        """The band of a value that violates nothing, at the time of the last instant."""
        return self._always or self._band(value, last_ms)

    def _band(self, value: int, last_ms: int) -> Band:
        heard = [limits for limits in self._limits if limits.settled_ms >= last_ms]
        bands = [limits.band(value) for limits in heard]
        return Band(
            max((low for low, _ in bands), default=BEGINNING),
            min((high for _, high in bands), default=INFINITE),
            min((limits.for_ms for limits in heard if limits.is_silent), default=INFINITE),
            max((each.settled_ms for each in self._limits if each.settled_ms < last_ms), default=BEGINNING),
        )


class Quiet:
    """Raw values from ``low`` to ``high`` are usual behind ``floor_ms``.

    A new one changes nothing up to ``silence_ms`` behind ``last_ms``, the last instant, and before
    ``until_ms``; a late one after ``from_ms``, since when all is quiet, or where all is quiet around it.
    """

    __slots__ = (
        "append_code", "append_time", "floor_ms", "from_ms", "high", "last_ms", "low", "silence_ms",
        "timeline", "until_ms",
    )  # fmt: skip

    def __init__(self, timeline: Timeline, low: int, high: int) -> None:
        self.timeline = timeline
        self.append_time = timeline.times.append
        self.append_code = timeline.codes.append
        self.low = float(low)  # what is compared with them thousands of times a second is a float
        self.high = float(high)
        self.last_ms = 0
        self.from_ms = self.floor_ms = self.until_ms = 0
        self.silence_ms = INFINITE

    @property
    def is_loud(self) -> bool:
        return self.low > self.high

    @property
    def silent_at_ms(self) -> int:
        """When somebody must look if nothing more comes; as long as it moves with each reading."""
        return self.last_ms + self.silence_ms if self.until_ms > self.last_ms else INFINITE

    def is_usual_around(self, time_ms: int) -> int | None:
        """The instant before a late reading, if a usual value may come between it and the next."""
        times = self.timeline.times
        at = bisect_left(times, time_ms)
        if at == 0 or at == len(times) or times[at] == time_ms or times[at - 1] <= self.floor_ms:
            return None
        before = times[at - 1]
        is_usual = self.low <= self.timeline.codes[at - 1] >> 1 <= self.high
        return before if is_usual and times[at] - before <= self.silence_ms else None


LOUD = Quiet(Timeline(), 1, 0)


def quiet_of(
    curve: Curve, lines: Sequence[Line], usual: Usual, now_ms: int, before: Quiet, changed_to_ms: int
) -> Quiet:
    """The quiet of a series whose lines are up to date; ``before``: until instants changed up to a time."""
    timeline = curve.timeline
    if not timeline.times or timeline.codes[-1] == BAD:
        return LOUD
    last_ms = timeline.times[-1]
    for line in lines:
        if not line.is_idle and line.limits.settled_ms >= last_ms:
            return LOUD
    period = curve.offsets.period(last_ms)
    value = timeline.raw_values(len(timeline.times) - 1)[0] + period.offset
    low, high, silence_ms, settled_ms = usual.around(value, last_ms)
    quiet = Quiet(timeline, max(low - period.offset, -GREATEST), min(high - period.offset, GREATEST))
    quiet.last_ms, quiet.silence_ms = last_ms, silence_ms
    quiet.until_ms = period.to_ms if last_ms + silence_ms > now_ms else last_ms  # else the next one ends it
    kept = before.timeline is timeline and not before.is_loud and changed_to_ms <= before.from_ms
    quiet.floor_ms = max(period.from_ms - 1, settled_ms)
    quiet.from_ms = max(before.from_ms if kept else last_ms, quiet.floor_ms)
    return quiet

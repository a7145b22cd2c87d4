"""When a series is quiet: which reading changes nothing, whatever the rule, so that nobody need look at it.

A series is quiet while its last instant is usable, no value line remembers anything and nothing is silent.
A usual reading is then only written down: it can end no run, and the next one finds the lines as they were.
It may even be of the future: only a reading that violates, or the lack of one, could be seen too early.
"""

from collections.abc import Sequence

from hub.alarms.lines import Curve, Line
from hub.alarms.readings import GREATEST
from hub.alarms.rules import INFINITE
from hub.alarms.timeline import BAD, Timeline


class Quiet:
    """Raw values from ``low`` to ``high`` are usual.

    A new one changes nothing up to ``silence_ms`` behind ``last_ms``, the last instant, and before
    ``until_ms``; a late one after ``from_ms``.
    """

    __slots__ = ("from_ms", "high", "last_ms", "low", "silence_ms", "timeline", "until_ms")

    def __init__(self, timeline: Timeline, low: int, high: int) -> None:
        self.timeline = timeline
        self.low = low
        self.high = high
        self.last_ms = 0
        self.from_ms = self.until_ms = 0
        self.silence_ms = INFINITE

    @property
    def is_loud(self) -> bool:
        return self.low > self.high

    @property
    def silent_at_ms(self) -> int:
        """When somebody must look if nothing more comes."""
        return self.last_ms + self.silence_ms


LOUD = Quiet(Timeline(), 1, 0)


def quiet_of(curve: Curve, lines: Sequence[Line], now_ms: int, before: Quiet, changed_to_ms: int) -> Quiet:
    """The quiet of a series whose lines are up to date; ``before``: until instants changed up to a time."""
    timeline = curve.timeline
    if not timeline.times or timeline.codes[-1] == BAD:
        return LOUD
    last_ms = timeline.times[-1]
    heard = [line for line in lines if line.limits.settled_ms >= last_ms]
    silences = [line.limits.for_ms for line in heard if line.limits.version.rule.when == "silent"]
    silence_ms = min(silences, default=INFINITE)
    if last_ms + silence_ms <= now_ms or not all(line.is_idle for line in heard):
        return LOUD
    period = curve.offsets.period(last_ms)
    value = timeline.raw_values(len(timeline.times) - 1)[0] + period.offset
    bands = [line.limits.band(value) for line in heard]
    low = max((low for low, _ in bands), default=-INFINITE) - period.offset
    high = min((high for _, high in bands), default=INFINITE) - period.offset
    quiet = Quiet(timeline, max(low, -GREATEST), min(high, GREATEST))
    quiet.last_ms, quiet.silence_ms, quiet.until_ms = last_ms, silence_ms, period.to_ms
    kept = before.timeline is timeline and not before.is_loud and changed_to_ms <= before.from_ms
    quiet.from_ms = max(before.from_ms if kept else last_ms, period.from_ms - 1)
    return quiet

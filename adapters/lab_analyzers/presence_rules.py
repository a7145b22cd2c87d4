"""Whether a machine is heard as often as it used to be, and how far its clock is from ours. No I/O, no clock.

Times are seconds of Unix time; hours are those of the site.
"""

from collections import deque
from collections.abc import Callable

FACTOR = 4.0  # of the gap that one in twenty is longer than
FLOOR_SECONDS = 900.0
LONGEST_GAP_SECONDS = 8 * 3600.0  # longer is a night, a weekend or a fault
SHORTEST_GAP_SECONDS = 60.0  # messages of one run come at once: together they are one sign of life
FEWEST_GAPS = 30
WORKING_SHARE = 0.01  # of its messages, in an hour that counts as worked
CLOCK_MESSAGES = 8
CLOCK_AGREEING = 3
CLOCK_SPREAD_SECONDS = 60.0


class Rhythm:
    """How long a machine may be silent. ``fixed``: seconds at any hour, 0: for ever, None: its own rhythm.

    That is four times its 95th percentile of gaps, at least 15 min, counted only in the hours of the day in
    which it speaks, and only after 30 gaps: what is not known is not judged.
    """

    def __init__(self, fixed: float | None) -> None:
        self._fixed = fixed
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=500)
        self._hours = [0.0] * 24

    def began(self, at: float) -> None:
        """The line is served: silence counts from here if nothing was heard before."""
        if self._last is None:
            self._last = at

    def heard(self, at: float, hour: Callable[[], int]) -> None:
        """It said something; within a minute of the last it is the same sign of life."""
        last, self._last = self._last, at
        if self._fixed is not None:
            return
        if last is not None and at - last < SHORTEST_GAP_SECONDS:
            self._last = last
            return
        self._hours[hour()] += 1
        if last is not None and at - last <= LONGEST_GAP_SECONDS:
            self._gaps.append(at - last)

    def limit_seconds(self) -> float | None:
        """After how much silence it is told; None: not known, or never."""
        if self._fixed is not None:
            return self._fixed or None
        if len(self._gaps) < FEWEST_GAPS:
            return None
        ordered = sorted(self._gaps)
        return max(FLOOR_SECONDS, FACTOR * ordered[int(0.95 * (len(ordered) - 1))])

    def is_silent(self, at: float, hour: int, into_hour: float) -> bool:
        """``into_hour``: seconds since this hour of the day began."""
        limit = self.limit_seconds()
        if limit is None or self._last is None:
            return False
        silence = at - self._last
        if self._fixed is None:
            silence = min(silence, self._worked_seconds(hour, into_hour))
        return silence > limit

    def _worked_seconds(self, hour: int, into_hour: float) -> float:
        """How long it has been working time without a break; 0 outside of it."""
        total = sum(self._hours)
        worked = [count >= WORKING_SHARE * total for count in self._hours]
        if not worked[hour]:
            return 0.0
        before = 0
        while before < 23 and worked[(hour - before - 1) % 24]:
            before += 1
        return before * 3600.0 + into_hour


class ClockWatch:
    """The offset of a machine's clock from ours, by the times that it writes into its messages.

    A message may wait before it is sent, but none is sent before it was written: the largest offset that
    three of the last eight agree on is nearest to the truth. Old messages that come again do not agree.
    """

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=CLOCK_MESSAGES)

    def add(self, offset_seconds: float) -> float | None:
        """``offset_seconds``: the message's time minus ours, > 0 ahead. The offset, None: not known yet."""
        self._offsets.append(offset_seconds)
        found = sorted(self._offsets, reverse=True)
        for first, last in zip(found, found[CLOCK_AGREEING - 1 :], strict=False):
            if first - last <= CLOCK_SPREAD_SECONDS:
                return first
        return None

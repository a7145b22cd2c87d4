"""How far a terminal's clock is off, when its messages agree on it. Pure.

A terminal that was cut off sends what it has kept, later: its delay then is none of its clock's.
"""

from collections import deque
from statistics import median
from typing import NamedTuple

AGREE_MS = 5000
AGREEING = 3
SPAN_MS = 60_000  # what was kept comes at once: its delays agree for moments, those of a clock for good
_REMEMBERED = 20


class _Heard(NamedTuple):
    at_ms: int
    offset_ms: int


class TerminalClock:
    """Of one terminal."""

    def __init__(self) -> None:
        self._offset_ms = 0
        self._heard: deque[_Heard] = deque(maxlen=_REMEMBERED)

    def hear(self, device_ms: int, at_ms: int) -> float | None:
        """The newest of a message; the offset in seconds when several agree on another one."""
        self._heard.append(_Heard(at_ms, device_ms - at_ms))
        newest = self._heard[-1]
        agreeing = [each for each in self._heard if abs(each.offset_ms - newest.offset_ms) <= AGREE_MS]
        if len(agreeing) < AGREEING or newest.at_ms - agreeing[0].at_ms < SPAN_MS:
            return None
        found = round(median(each.offset_ms for each in agreeing))
        found = found if abs(found) > AGREE_MS else 0  # a message takes its time, and times are of seconds
        if abs(found - self._offset_ms) <= AGREE_MS and bool(found) == bool(self._offset_ms):
            return None
        self._offset_ms = found
        return found / 1000

"""Wrong passwords: after some, whoever tries has to wait, longer each time."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api.problems import Problem

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 900.0
FORGET_SECONDS = 86_400.0
# A name from anywhere needs many: else whoever knows a name could lock its owner out.
FREE_OF_BOTH, FREE_OF_ADDRESS, FREE_OF_NAME = 5, 20, 100
_MOST = 10_000

_Who = tuple[str, str]


@dataclass(slots=True)
class _Failed:
    count: int = 0
    last: float = 0.0


class Attempts:
    """Counted by name and address together, by address, and by name; in memory, the oldest go first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[_Who, _Failed] = OrderedDict()

    def require_patience(self, name: str, address: str) -> None:
        """Raises Problem 429 with the seconds left."""
        left = max(self._left(who, free) for who, free in self._counted(name, address))
        if left > 0:
            raise too_many(left)

    def failed(self, name: str, address: str) -> None:
        """Also before the password is looked at: who tries many at once waits, too."""
        for who, _ in self._counted(name, address):
            entry = self._failed.setdefault(who, _Failed())
            if self._clock() - entry.last > FORGET_SECONDS:
                entry.count = 0
            entry.count, entry.last = entry.count + 1, self._clock()
            self._failed.move_to_end(who)
        while len(self._failed) > _MOST:
            self._failed.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """What was counted for this try and those before it from here."""
        self._failed.pop((name, address), None)
        for who in (("", address), (name, "")):
            if (entry := self._failed.get(who)) is not None:
                entry.count = max(0, entry.count - 1)

    def _counted(self, name: str, address: str) -> tuple[tuple[_Who, int], ...]:
        return ((name, address), FREE_OF_BOTH), (("", address), FREE_OF_ADDRESS), ((name, ""), FREE_OF_NAME)

    def _left(self, who: _Who, free: int) -> float:
        entry = self._failed.get(who)
        if entry is None or entry.count < free:
            return 0.0
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(entry.count - free, 20))
        return entry.last + wait - self._clock()


def too_many(seconds: float) -> Problem:
    retry = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return Problem(429, "requests.too_many", "Too many: wait as long as Retry-After says.", headers=retry)

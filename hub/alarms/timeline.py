"""The instants of a series in order, each with what counts of its claimed values: 16 bytes an instant."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from hub.alarms.readings import Reading
from hub.alarms.rules import INFINITE
from hub.payloads import Quality

# An instant's code: its value doubled, and one more when it is UNCERTAIN; or one of these two.
BAD = INFINITE
SEVERAL = INFINITE + 1  # different values of one quality: they are in ``claims``

_QUALITIES: tuple[Quality, ...] = ("GOOD", "UNCERTAIN", "BAD")


class Claims(NamedTuple):
    """Several values of one instant, ascending."""

    uncertain: bool
    values: tuple[int, ...]


def code_of(reading: Reading) -> int:
    """How an instant with this reading alone is written."""
    if reading.value is None or reading.quality == "BAD":
        return BAD
    return 2 * reading.value + (reading.quality == "UNCERTAIN")


class Timeline:
    """``times`` ascend; ``codes`` has the code of each. Values are raw."""

    __slots__ = ("claims", "codes", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.codes = array("q")
        self.claims: dict[int, Claims] = {}

    def put(self, time_ms: int, code: int) -> bool:
        """Take a reading in; False when it changes nothing."""
        times = self.times
        at = bisect_left(times, time_ms)
        if at == len(times) or times[at] != time_ms:
            times.insert(at, time_ms)
            self.codes.insert(at, code)
            return True
        return self.codes[at] != code and self._contradict(at, code)

    def raw_values(self, at: int) -> tuple[int, ...]:
        """What counts of the claims for the instant, ascending; nothing for a bad one."""
        code = self.codes[at]
        if code == SEVERAL:
            return self.claims[self.times[at]].values
        return () if code == BAD else (code >> 1,)

    def readings(self) -> Iterator[Reading]:
        """All that counts, as readings again."""
        for at, time_ms in enumerate(self.times):
            quality = _QUALITIES[self._rank(at)]
            yield from (Reading(time_ms, value, quality) for value in self.raw_values(at) or (None,))

    def forget_before(self, at: int) -> None:
        """Drop the first ``at`` instants, at least one."""
        if self.claims:
            last_ms = self.times[at - 1]
            self.claims = {time_ms: claims for time_ms, claims in self.claims.items() if time_ms > last_ms}
        del self.times[:at], self.codes[:at]

    def _contradict(self, at: int, code: int) -> bool:
        """A second claim for an instant: the better quality counts, of one quality all values do."""
        old, new = self._rank(at), 2 if code == BAD else code & 1
        if new > old or new == 2:
            return False
        if new < old:
            self.claims.pop(self.times[at], None)
            self.codes[at] = code
            return True
        values = self.raw_values(at)
        if code >> 1 in values:
            return False
        self.claims[self.times[at]] = Claims(bool(new), tuple(sorted((*values, code >> 1))))
        self.codes[at] = SEVERAL
        return True

    def _rank(self, at: int) -> int:
        code = self.codes[at]
        if code == SEVERAL:
            return int(self.claims[self.times[at]].uncertain)
        return 2 if code == BAD else code & 1

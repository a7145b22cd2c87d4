"""Where the names begin that begin alike: pseudonyms are spread evenly, so shelves are about as full."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from operator import lt

NAMES_A_SHELF = 128
_PREFIX_BITS = 16


class Shelves:
    """Built from the names of a list in their order, block by block; 32 kB for a million."""

    def __init__(self, count: int) -> None:
        self._bits = min(_PREFIX_BITS, (count // NAMES_A_SHELF).bit_length())
        self._begins = array("I", [0])
        self._taken = 0
        self._last = b""

    def take(self, names: Sequence[bytes]) -> bool:
        """The next names; False: one is not above the one before it."""
        if not (self._last < names[0] and all(map(lt, names, islice(names, 1, None)))):
            return False
        self._last = names[-1]
        while len(self._begins) < 1 << self._bits and (boundary := self._boundary()) <= self._last:
            self._begins.append(self._taken + bisect_left(names, boundary))
        self._taken += len(names)
        return True

    def of(self, name: bytes) -> tuple[int, int]:
        """The first place at which ``name`` may stand, and the one behind the last."""
        shelf = (name[0] << 8 | name[1]) >> (_PREFIX_BITS - self._bits)
        begins = self._begins
        known = len(begins)
        if shelf >= known:  # no name begins like this one, nor higher
            return self._taken, self._taken
        return begins[shelf], begins[shelf + 1] if shelf + 1 < known else self._taken

    def _boundary(self) -> bytes:
        """The lowest name of the shelf after those that are known."""
        return (len(self._begins) << (_PREFIX_BITS - self._bits)).to_bytes(2, "big")

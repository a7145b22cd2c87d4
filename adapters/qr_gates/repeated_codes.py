"""Phones lie on scanners: the same bytes on one device within three seconds are one scan (design 4)."""

from typing import NamedTuple

from adapters.qr_gates.decisions.decide import Decision
from hub.contract import Screen

REPEAT_MS = 3000
MOST_CODES = 64  # that one scanner reads within three seconds


class Earlier(NamedTuple):
    """A scan that came before; ``screen`` None: shown long ago."""

    at_ms: int
    scan: str
    decision: Decision
    screen: Screen | None = None


class RepeatedCodes:
    """Of one scanner; the bytes are forgotten with the next code after their time."""

    def __init__(self) -> None:
        self._codes: dict[bytes, Earlier] = {}

    def find(self, raw: bytes, at_ms: int) -> Earlier | None:
        """The scan that this one repeats."""
        self._forget(at_ms)
        return self._codes.get(raw)

    def add(self, raw: bytes, earlier: Earlier) -> None:
        self._codes[raw] = earlier

    def drop(self, raw: bytes) -> None:
        """It was not stored."""
        self._codes.pop(raw, None)

    def _forget(self, at_ms: int) -> None:
        """Also those of a clock that was set back."""
        old = [raw for raw, each in self._codes.items() if not 0 <= at_ms - each.at_ms < REPEAT_MS]
        for raw in (*old, *list(self._codes)[: -MOST_CODES or None] * (len(self._codes) > MOST_CODES)):
            self._codes.pop(raw, None)

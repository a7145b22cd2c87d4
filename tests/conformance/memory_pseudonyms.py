"""Pseudonyms of an edge without files: a week's key is made of the week itself, and lives for ever."""

from datetime import UTC, datetime
from hashlib import sha256

from hub.pseudonyms import KeyedPseudonyms

WEEK_MS = 7 * 86_400_000


class MemoryPseudonyms(KeyedPseudonyms):
    """hub.contract.VisitPseudonyms for tests; the week before has a key too."""

    def __init__(self, key: bytes = b"test" * 8, *, weak: bool = False) -> None:
        super().__init__(key, weak=weak)
        self._weekly: dict[tuple[int, int], KeyedPseudonyms] = {}

    def visit(self, kind: str, value: str, time_ms: int) -> str | None:
        return self._week(time_ms).visitor(kind, value)

    def visits(self, kind: str, value: str, time_ms: int) -> tuple[str, ...]:
        return tuple(self._week(at_ms).visitor(kind, value) for at_ms in (time_ms, time_ms - WEEK_MS))

    def _week(self, time_ms: int) -> KeyedPseudonyms:
        week = datetime.fromtimestamp(time_ms / 1000, UTC).isocalendar()[:2]
        if week not in self._weekly:
            self._weekly[week] = KeyedPseudonyms(sha256(repr(week).encode()).digest(), weak=False)
        return self._weekly[week]

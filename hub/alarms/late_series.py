"""Series whose readings come late: they wait their turn, a few at a time; what is live never waits."""

from hub.alarms.rules import INFINITE

LATE_MS = 3600 * 1000  # readings of longer ago seldom come alone: an edge or a logger brings what it kept
MOST_AT_ONCE = 4  # series; each has up to MOST_READINGS to be read, a millisecond or two
MOST_READINGS = 500

Key = tuple[str, str]


class LateSeries:
    """In the order in which they came; each waits at most ``patience_ms`` for more of its readings.

    Their marks ascend: whoever adds readings says by a mark where he found them.
    """

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._waiting: dict[Key, tuple[int, int]] = {}  # when its turn is, and its mark
        self._hurried: dict[Key, None] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._waiting

    @property
    def first_mark(self) -> int | None:
        """Of the readings that wait longest; None: none do."""
        return next((mark for _, mark in self._waiting.values()), None)

    def put(self, key: Key, now_ms: int, mark: int) -> None:
        """One that waits already keeps its place."""
        self._waiting.setdefault(key, (now_ms + self._patience_ms, mark))

    def hurry(self, key: Key) -> None:
        """It is live again, or has as many readings as should wait."""
        self._hurried[key] = None

    def drop(self, key: Key) -> None:
        """It waits no more."""
        self._waiting.pop(key, None)
        self._hurried.pop(key, None)

    def due_ms(self, now_ms: int) -> int:
        """When the next turn is; INFINITE: nobody waits."""
        if self._hurried:
            return now_ms
        return next((due_ms for due_ms, _ in self._waiting.values()), INFINITE)

    def take(self, now_ms: int) -> list[Key]:
        """Whose turn it is now: those in a hurry first."""
        taken = list(self._hurried)[:MOST_AT_ONCE]
        for key, (due_ms, _) in self._waiting.items():
            if due_ms > now_ms or len(taken) == MOST_AT_ONCE:
                break
            if key not in self._hurried:
                taken.append(key)
        for key in taken:
            self.drop(key)
        return taken

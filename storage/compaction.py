"""When readings leave the hot table for chunks, and when compaction rests: pure rules for every dialect.

A reading is compacted when the three hours it belongs to ended three hours ago (docs/adr/0008: it
need not be older, because a later reading of the same instants costs no more then). A row of the
hot table hides the row of a chunk with the same series and instant: so chunks are written first and
hot rows go afterwards, and a crash between the two changes no answer.
"""

from storage.chunks import DAY_MS

WINDOW_MS = 3 * 3600 * 1000
SETTLED_MS = 3 * 3600 * 1000
# A device that sends old readings is let finish, so that its chunks are written once; but not for ever.
QUIET_MS = 60 * 1000
LONGEST_WAIT_MS = 10 * 60 * 1000


def horizon(now_ms: int) -> int:
    """Readings before this moment belong into chunks."""
    moment = now_ms - SETTLED_MS
    return moment - moment % WINDOW_MS


def end_of_pass(oldest_ts: int, until_ms: int) -> int:
    """One pass takes what is due of one UTC day: a chunk never has two."""
    return min(until_ms, oldest_ts - oldest_ts % DAY_MS + DAY_MS)


class Lateness:
    """Whether old readings are still coming in."""

    def __init__(self) -> None:
        self._first_ms: int | None = None
        self._last_ms = 0
        self._stuck_until = 0

    def late(self, arrived_ms: int) -> None:
        """A reading came for a time that compaction is through with."""
        if self._first_ms is None:
            self._first_ms = arrived_ms
        self._last_ms = arrived_ms

    def stuck(self, now_ms: int) -> None:
        """A pass could move nothing: a chunk is damaged, or its readings came too fast."""
        self._stuck_until = now_ms + LONGEST_WAIT_MS

    def rests(self, now_ms: int) -> bool:
        """Whether a pass had better wait; a clock that was set back does not wait for itself."""
        if 0 < self._stuck_until - now_ms <= LONGEST_WAIT_MS:
            return True
        if self._first_ms is None:
            return False
        quiet = not 0 <= now_ms - self._last_ms < QUIET_MS
        waited = not 0 <= now_ms - self._first_ms < LONGEST_WAIT_MS
        return not (quiet or waited)

    def begin(self) -> None:
        """A pass begins: what came late until now is in it."""
        self._first_ms = None

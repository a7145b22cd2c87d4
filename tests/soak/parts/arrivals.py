"""When events become visible in a SQLite store, seen by a reader beside the hub."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

import apsw

from hub.events import parse_time

POLL_SECONDS = 0.005
_NEW = """
    SELECT number, edge, time_ms, CASE WHEN edge = ? THEN body END
    FROM event WHERE number > ? ORDER BY number"""
_NEWEST = "SELECT coalesce(max(number), 0) FROM event"
_RECEIVED = re.compile(rb'"received":"([^"]+)"')


@dataclass(frozen=True)
class Latency:
    """From the edge's receipt of the bytes to the reader's sight of the event; some milliseconds too long."""

    events: int
    median_ms: float
    p99_ms: float
    longest_ms: float

    @classmethod
    def of(cls, waits_ms: list[float]) -> "Latency":
        ordered = sorted(waits_ms)
        assert ordered, "no event of the other edge arrived"
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)]
        return cls(len(ordered), at[0], at[1], ordered[-1])


class Arrivals:
    """Reads on in a thread of its own. ``live``: the edge whose every event is timed.

    ``longest_wait_seconds``: of the other edges' events whose own time is after ``since_ms``.
    """

    def __init__(self, store: Path, live: str) -> None:
        self.live = live
        self.since_ms = 0.0
        self.longest_wait_seconds = 0.0
        self.others = 0
        self._db = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(5000)
        self._number: int = self._db.execute(_NEWEST).get
        self._waits_ms: list[float] = []
        self._lock = Lock()
        self._ending = Event()
        self._thread = Thread(target=self._follow, name="arrivals")

    def __enter__(self) -> "Arrivals":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._db.close()

    def begin(self) -> None:
        """Forget what was timed so far."""
        with self._lock:
            self._waits_ms = []

    def latency(self) -> Latency:
        """Of the live edge's events since ``begin``."""
        with self._lock:
            return Latency.of(self._waits_ms)

    def _follow(self) -> None:
        while not self._ending.wait(POLL_SECONDS):
            for number, edge, time_ms, body in self._db.execute(_NEW, (self.live, self._number)):
                self._see(str(edge), float(time_ms), body)
                self._number = number

    def _see(self, edge: str, time_ms: float, body: bytes | None) -> None:
        now_ms = time.time() * 1000
        if body is None:
            self.others += edge != "hub"
            if 0 < self.since_ms <= time_ms:
                self.longest_wait_seconds = max(self.longest_wait_seconds, (now_ms - time_ms) / 1000)
        elif received := _RECEIVED.search(body):
            with self._lock:
                self._waits_ms.append(now_ms - parse_time(received[1].decode()))

"""What the writer knows while it writes: its connection, ids it looked up, and work due at the commit."""

from collections import Counter
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import apsw

from storage.admission import Stored
from storage.chunks import Sample
from storage.compaction import Lateness
from storage.lab_days import DEFAULT_TIMEZONE, Change

MOST_CACHED_IDS = 100_000
# Unpacked chunks, about 0.5 MB each at most: late readings of one series come together.
MOST_CACHED_CHUNKS = 32

K = TypeVar("K")

SeriesKey = tuple[str, str, str, str, str]  # device, metric, unit, edge, site


class Span(NamedTuple):
    """Oldest and newest instant of a series in the running transaction."""

    first_ts: int
    ts: int


class Session:
    """The writer's connection with what may be remembered from one transaction to the next."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.gains: Counter[str] = Counter()
        self.sightings: dict[tuple[str, str], tuple[str, int]] = {}
        self.spans: dict[int, Span] = {}
        self.lab_changes: list[Change] = []
        self.zone = ZoneInfo(DEFAULT_TIMEZONE)
        self.deleted_number = 0
        # Readings at or after this moment are in no chunk.
        self.chunked_until = -(2**63)
        self.lateness = Lateness()
        # Series whose old readings changed since the compaction's pass began.
        self.disturbed: set[int] = set()
        self.interrupted = False
        # Up to where each class of rows was deleted, and whether the WAL may still show what was.
        self.swept: dict[str, int] = {}
        self.traces = True
        self.samples: dict[tuple[int, int], list[Sample]] = {}
        self._epochs: dict[tuple[str, str], int] = {}
        self._series: dict[SeriesKey, int] = {}

    def forget(self) -> None:
        """Drop what a transaction that was rolled back may have put into the caches."""
        self._epochs.clear()
        self._series.clear()
        self.samples.clear()
        self.swept.clear()
        self.interrupted = True

    def begin(self) -> None:
        """Drop what was due at the end of a transaction that did not end well."""
        self.gains.clear()
        self.sightings.clear()
        self.spans.clear()
        self.lab_changes.clear()

    def epoch(self, edge: str, epoch: str, now_ms: int) -> int:
        """The number of an epoch, given when the hub first sees it."""
        key = (edge, epoch)
        number = self._epochs.get(key)
        if number is None:
            number = self._find_or_make(
                "SELECT number FROM epoch WHERE edge = ? AND epoch = ?",
                "INSERT INTO epoch (edge, epoch, first_seen_ms) VALUES (?, ?, ?)",
                key,
                (now_ms,),
            )
            _remember(self._epochs, key, number)
        return number

    def series(self, key: SeriesKey) -> int:
        """The id of a series, made in the running transaction when it is new."""
        number = self._series.get(key)
        if number is None:
            number = self._find_or_make(
                "SELECT series FROM series WHERE (device, metric, unit, edge, site) = (?, ?, ?, ?, ?)",
                "INSERT INTO series (device, metric, unit, edge, site) VALUES (?, ?, ?, ?, ?)",
                key,
            )
            _remember(self._series, key, number)
        return number

    def disturb(self, series: int, ts: int, now_ms: int) -> None:
        """A reading at ``ts`` comes or goes: compaction must not believe what it has in hand."""
        if ts < self.chunked_until:
            self.disturbed.add(series)
            self.lateness.late(now_ms)

    def remember_samples(self, key: tuple[int, int], samples: list[Sample]) -> None:
        """Keep an unpacked chunk of (series, first instant); the one kept longest goes."""
        if len(self.samples) >= MOST_CACHED_CHUNKS:
            self.samples.pop(next(iter(self.samples)))
        self.samples[key] = samples

    def fact(self, source: str, subject: str) -> int | None:
        """The id of a laboratory fact; None when it is new."""
        found = self.connection.execute(
            "SELECT fact FROM lab_fact WHERE source = ? AND subject = ?", (source, subject)
        ).get
        return None if found is None else int(found)

    def replaced(self, stored: Stored) -> bool:
        """Whether an event of the same edge supersedes this one."""
        found = self.connection.execute(
            "SELECT 1 FROM event WHERE supersedes = ? AND edge = ? LIMIT 1", (stored.id, stored.event.edge)
        ).get
        return found is not None

    def logged(self, event_id: bytes, edge: str) -> tuple[int, int] | None:
        """(number, time_ms) of an event of ``edge`` that the log has."""
        row = self.connection.execute(
            "SELECT number, time_ms FROM event WHERE id = ? AND edge = ?", (event_id, edge)
        ).fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    def _find_or_make(self, find: str, make: str, key: tuple[str, ...], rest: tuple[int, ...] = ()) -> int:
        found = self.connection.execute(find, key).get
        if found is not None:
            return int(found)
        self.connection.execute(make, (*key, *rest))
        return self.connection.last_insert_rowid()


def _remember(cache: dict[K, int], key: K, number: int) -> None:
    if len(cache) >= MOST_CACHED_IDS:
        cache.clear()
    cache[key] = number

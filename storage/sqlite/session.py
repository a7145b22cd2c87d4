"""What the writer knows while it writes: its connection, ids it looked up, and work due at the commit."""

from typing import NamedTuple

import apsw

from storage.admission import Stored
from storage.knowledge import Knowledge, SeriesKey, remember


class Span(NamedTuple):
    """Oldest and newest instant of a series in the running transaction."""

    first_ts: int
    ts: int


class Session(Knowledge):
    """The writer's connection with what may be remembered from one transaction to the next."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self.connection = connection
        self.spans: dict[int, Span] = {}
        self.traces = True  # whether the WAL may still show what was deleted

    def begin(self) -> None:
        """Drop what was due at the end of a transaction that did not end well."""
        self.nothing_due()
        self.spans.clear()

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
            remember(self._epochs, key, number)
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
            remember(self._series, key, number)
        return number

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

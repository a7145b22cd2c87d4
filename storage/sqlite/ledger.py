"""What the hub writes: the lease, log, projections, quarantine, watermarks, holes, alarms and lots."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

import apsw

from hub.errors import StoreBroken, StoreUnavailable
from hub.events import Event
from storage.admission import Stored, UnstorableError, checked, refused
from storage.columns import log_columns
from storage.contract import Arrival, Batch, Hole, Outcome, Poison, Watermark
from storage.sqlite import incidents, lots
from storage.sqlite.connection import BUSY_MS, code_of, unavailable
from storage.sqlite.projections import load
from storage.sqlite.session import Session
from storage.sqlite.transaction import transaction

T = TypeVar("T")

# What one event can cause, whatever the state of the disk: the event goes to quarantine.
REFUSALS = (
    apsw.ConstraintError,
    apsw.TooBigError,
    apsw.MismatchError,
    apsw.RangeError,
    ValueError,
    OverflowError,
)
# The file may no longer hold what SQLite believes: nothing is written before it was opened anew.
DISTRUST = (apsw.IOError, apsw.CorruptError, apsw.NotADBError)
_INSERT_EVENT = """
INSERT INTO event
    (id, type, edge, epoch, seq, site, device, subject, supersedes, time_ms, received_ms, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING
"""
_INSERT_POISON = """
INSERT INTO poison (digest, edge, topic, received_ms, reason, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (digest) DO NOTHING
"""
_WATERMARK = "UPDATE epoch SET seq = ?, id = ? WHERE number = ? AND coalesce(seq, -1) < ?"
_HOLE = """
INSERT INTO hole (epoch, first, last, reason, received_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_LAST_NUMBER = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)"


class RefusedError(Exception):
    """SQLite refused one event of a group; the group is written again with a savepoint for each."""


class Ledger:
    """Writes groups of batches; belongs to the writer's thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.session = Session(connection)
        self._connection = connection
        self._projections = load()
        self._distrusted = ""

    def write(self, batches: Sequence[Batch]) -> list[Outcome | StoreUnavailable]:
        """Commit all batches at once; one that lost its lease writes nothing and gets its error.

        Raises StoreUnavailable: nothing of any batch was written.
        """
        try:
            return self.run(lambda _: [self._batch(batch, self._quick) for batch in batches])
        except RefusedError:
            return self.run(lambda _: [self._batch(batch, self._careful) for batch in batches])

    def run(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a transaction of its own; raises StoreUnavailable: nothing was written.

        Raises StoreBroken after an I/O error or for a damaged file, from then on always.
        """
        if self._distrusted:
            raise StoreBroken(self._distrusted)
        try:
            with transaction(self.session):
                return work(self.session)
        except DISTRUST as error:
            self._distrusted = f"{code_of(error)}: the store must be opened anew"
            raise StoreBroken(self._distrusted) from error
        except apsw.Error as error:
            raise unavailable(error) from error

    def checkpoint(self) -> None:
        """Move the WAL into the database as far as no reader needs it; waits for nobody.

        After a deletion the WAL is emptied as well: its old pages still show what is gone.
        """
        mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if self.session.traces else apsw.SQLITE_CHECKPOINT_PASSIVE
        self._connection.set_busy_timeout(0)
        try:
            self._connection.wal_checkpoint(mode=mode)
            self.session.traces = False
        except DISTRUST as error:
            self._distrusted = f"{code_of(error)}: the store must be opened anew"
        except (apsw.BusyError, apsw.LockedError, apsw.FullError):
            return  # the WAL keeps everything; the next commit or pause tries again
        finally:
            self._connection.set_busy_timeout(BUSY_MS)

    def _batch(
        self, batch: Batch, add: Callable[[Arrival, int], tuple[int, int]]
    ) -> Outcome | StoreUnavailable:
        if self._connection.execute("SELECT term FROM store").get > batch.term:
            return StoreUnavailable("lease lost")
        if batch.alarms and (refusal := incidents.refusal(self._connection, batch.alarms)):
            return refusal
        stored = refused = 0
        for arrival in batch.arrivals:
            was_stored, was_refused = add(arrival, batch.received_ms)
            stored += was_stored
            refused += was_refused
        for poison in batch.poison:
            self._quarantine(poison, batch.received_ms)
        for hole in batch.holes:
            self._declare(hole, batch.received_ms)
        for watermark in batch.watermarks:
            self._advance(watermark, batch.received_ms)
        if batch.alarms:
            incidents.enter(self._connection, batch.alarms)
        lots.enter(self._connection, batch.placements)
        last_number = int(self._connection.execute(_LAST_NUMBER).get)
        duplicates = len(batch.arrivals) - stored - refused
        return Outcome(stored, duplicates, len(batch.poison) + refused, last_number)

    def _quick(self, arrival: Arrival, arrived_ms: int) -> tuple[int, int]:
        """(stored, refused) of one event, each 0 or 1; raises RefusedError."""
        try:
            return self._add(arrival, arrived_ms), 0
        except REFUSALS as error:
            raise RefusedError from error

    def _careful(self, arrival: Arrival, arrived_ms: int) -> tuple[int, int]:
        """As _quick, but an event that is refused goes to quarantine in this transaction.

        The hub saw its epoch all the same: epochs are numbered before what may be rolled back.
        """
        with suppress(UnstorableError):
            self._fields(arrival, arrived_ms)
        gains, due = self.session.gains.copy(), self.session.due_counts()
        self._connection.execute("SAVEPOINT one")
        try:
            stored = self._add(arrival, arrived_ms)
        except REFUSALS as error:
            self._connection.execute("ROLLBACK TO one; RELEASE one")
            self.session.forget()
            self.session.gains = gains
            self.session.take_back(due)
            self._quarantine(refused(arrival, _reason(error)), arrived_ms)
            return 0, 1
        self._connection.execute("RELEASE one")
        return stored, 0

    def _add(self, arrival: Arrival, arrived_ms: int) -> int:
        event, payload, body = arrival
        fields = self._fields(arrival, arrived_ms)
        projection = self._projections.get(event.type) if payload is not None else None
        if projection and projection.seen and projection.seen(self.session, Stored(0, *fields), payload):
            return 0
        self._connection.execute(_INSERT_EVENT, log_columns(Stored(0, *fields), body))
        if not self._connection.changes():
            return 0
        self.session.gains["events"] += 1
        if projection:
            stored = Stored(self._connection.last_insert_rowid(), *fields)
            projection.apply(self.session, stored, payload)
        self.session.sight(event, fields[-2])
        return 1

    def _fields(self, arrival: Arrival, arrived_ms: int) -> tuple[bytes, bytes, Event, int, int, int, int]:
        """The fields of Stored after the number; raises UnstorableError."""
        event = arrival.event
        known = checked(arrival)
        epoch = self.session.epoch(event.edge, event.epoch, arrived_ms)
        return known.id, known.supersedes, event, epoch, known.time_ms, known.received_ms, arrived_ms

    def _quarantine(self, poison: Poison, arrived_ms: int) -> None:
        digest = sha256(poison.body).digest()
        self._connection.execute(
            _INSERT_POISON, (digest, poison.edge, poison.topic, arrived_ms, poison.reason, poison.body)
        )
        self.session.gains["poison"] += self._connection.changes()

    def _declare(self, hole: Hole, arrived_ms: int) -> None:
        epoch = self.session.epoch(hole.edge, hole.epoch, arrived_ms)
        self._connection.execute(_HOLE, (epoch, hole.first, hole.last, hole.reason, arrived_ms))

    def _advance(self, watermark: Watermark, arrived_ms: int) -> None:
        epoch = self.session.epoch(watermark.edge, watermark.epoch, arrived_ms)
        self._connection.execute(_WATERMARK, (watermark.seq, watermark.id, epoch, watermark.seq))


def _reason(error: Exception) -> str:
    if isinstance(error, UnstorableError):
        return str(error)
    if isinstance(error, apsw.Error):
        return code_of(error)
    return "store.out_of_range" if isinstance(error, OverflowError) else "store.bad_value"

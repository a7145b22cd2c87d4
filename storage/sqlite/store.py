"""SqliteStore: the sink's side of the store on one machine, in one file."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from time import monotonic, time_ns
from typing import Any, TypeVar

import apsw

from hub.errors import StoreBroken, StoreUnavailable
from storage.audit import AuditHead, AuditNote, require_notes
from storage.contract import Batch, Outcome, Watermark
from storage.destination_rows import or_raise, require_order
from storage.destination_rows import require as require_destination
from storage.destinations import DestinationChange, DestinationOrder
from storage.projection_rows import require
from storage.projections import ProjectionChange
from storage.reporting import Revision
from storage.reporting_rows import require as require_revision
from storage.retention import DEFAULT, READINGS, Retention
from storage.sqlite import audit, destination_rows
from storage.sqlite.compaction import Compactor
from storage.sqlite.connection import StoreLock, code_of, connect_writer, require_sqlite
from storage.sqlite.lab_days import use_timezone
from storage.sqlite.ledger import Ledger
from storage.sqlite.projection_rows import settle
from storage.sqlite.reporting import revise
from storage.sqlite.retention import remove_expired
from storage.sqlite.schema import migrate
from storage.sqlite.session import Session
from storage.sqlite.writer import Writer

T = TypeVar("T")

STORE_ID_BYTES = 8
# An ACK waits for this, its commit, and perhaps a checkpoint: 20 ms in all (design 6).
SLICE_SECONDS = 0.005

_TAKE_LEASE = """
INSERT INTO store (one, id, term) VALUES (1, ?, 1) ON CONFLICT (one) DO UPDATE SET term = term + 1
"""
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"
_LINK = """
INSERT INTO link (partition, link) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET link = excluded.link
"""
_ANNOUNCED = "SELECT announced FROM alarm_progress"
_MARK_ANNOUNCED = "UPDATE alarm_progress SET announced = ?"


class SqliteStore:
    """One database file with its one writer thread. See storage.contract.EventStore.

    ``largest_bytes`` bounds the file: writes beyond it raise StoreUnavailable, as on a full disk.
    ``timezone`` names the zone whose days results are counted by; None keeps the one the store has.
    """

    def __init__(
        self,
        path: Path,
        *,
        largest_bytes: int | None = None,
        timezone: str | None = None,
        retention: Retention = DEFAULT,
    ) -> None:
        self._path = path
        self._retention = retention
        self._compactor = Compactor()
        self._timezone = timezone
        self._largest_bytes = largest_bytes
        self._lock = StoreLock(path)
        self._connection: apsw.Connection | None = None
        self._writer: Writer | None = None
        self._store_id = ""
        self._term = 0

    @property
    def store_id(self) -> str:
        """16 hex digits; empty before ``open``."""
        return self._store_id

    @property
    def term(self) -> int:
        """0 before ``open``."""
        return self._term

    async def open(self) -> None:
        """Lock, migrate and take the lease.

        Raises OperatorError for a store in use, a newer schema, a foreign file or an unsafe SQLite;
        StoreUnavailable when the disk does not let us.
        """
        require_sqlite(apsw.sqlite_lib_version())
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        """Write what waits, then let go of the file."""
        await asyncio.to_thread(self._close)

    async def write(self, batch: Batch) -> Outcome:
        """Commit ``batch`` durably, perhaps with others; raises StoreUnavailable: nothing was written.

        Raises StoreBroken after an I/O error, from then on always.
        """
        if not batch.received_ms:
            batch = replace(batch, received_ms=time_ns() // 1_000_000)
        return await asyncio.wrap_future(self._running().write(batch))

    async def watermarks(self) -> list[Watermark]:
        return await self._run(
            lambda session: [Watermark(*row) for row in session.connection.execute(_WATERMARKS)]
        )

    async def link(self, partition: int) -> str | None:
        def read(session: Session) -> str | None:
            found: str | None = session.connection.execute(
                "SELECT link FROM link WHERE partition = ?", (partition,)
            ).get
            return found

        return await self._run(read)

    async def renew_link(self, partition: int, link: str) -> None:
        await self._run(lambda session: _execute(session, _LINK, partition, link))

    async def announced(self) -> int:
        return await self._run(lambda session: int(session.connection.execute(_ANNOUNCED).get))

    async def mark_announced(self, number: int) -> None:
        await self._run(lambda session: _execute(session, _MARK_ANNOUNCED, number))

    async def settle_projection(self, change: ProjectionChange) -> None:
        """One transaction; raises ValueError for what no table holds."""
        require(change)
        now_ms = time_ns() // 1_000_000
        await self._run(lambda session: settle(session, change, now_ms))

    async def settle_destination(self, change: DestinationChange) -> int:
        """One transaction; raises DestinationMoved, ValueError."""
        require_destination(change)
        now_ms = time_ns() // 1_000_000
        return or_raise(await self._run(lambda session: destination_rows.settle(session, change, now_ms)))

    async def order_destination(self, order: DestinationOrder) -> int:
        """One transaction; raises ValueError, LookupError."""
        require_order(order)
        now_ms = time_ns() // 1_000_000
        return or_raise(await self._run(lambda session: destination_rows.order(session, order, now_ms)))

    async def note_audit(self, notes: Sequence[AuditNote]) -> AuditHead:
        """One transaction; raises ValueError for what no table holds."""
        require_notes(notes)
        return await self._run(lambda session: audit.note(session, notes))

    async def revise_report(self, told: Revision) -> Revision:
        """One transaction; raises ValueError for what no table holds."""
        require_revision(told)
        return await self._run(lambda session: revise(session, told))

    async def renew_store_id(self) -> None:
        store_id = token_hex(STORE_ID_BYTES)
        await self._run(lambda session: _execute(session, "UPDATE store SET id = ?", store_id))
        self._store_id = store_id

    async def maintain(self, now_ms: int) -> bool:
        """About 5 ms of retention and compaction in one transaction; tells whether there is more to do."""
        compactor, retention = self._compactor, self._retention

        def work(session: Session) -> bool:
            until = monotonic() + SLICE_SECONDS

            def time_left() -> bool:
                return monotonic() < until

            if remove_expired(session, now_ms, retention, time_left):
                return True
            return compactor.work(session, now_ms, retention.cut(READINGS, now_ms), time_left)

        return await self._run(work)

    async def _run(self, do: Callable[[Session], T]) -> T:
        return await asyncio.wrap_future(self._running().run(do))

    def _running(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailable("store.closed: the store is not open")
        return self._writer

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.take()
            self._connection = connect_writer(self._path, self._largest_bytes)
            migrate(self._connection)
            self._start(self._connection)
        except apsw.Error as error:
            raise StoreUnavailable(code_of(error)) from error
        except StoreBroken as error:
            raise StoreUnavailable(str(error)) from error  # nothing was read yet: open it again
        except OSError as error:
            raise StoreUnavailable(f"store.file: {error.strerror}") from error
        finally:
            if self._writer is None:
                self._let_go()

    def _start(self, connection: apsw.Connection) -> None:
        ledger = Ledger(connection)
        ledger.run(lambda session: _execute(session, _TAKE_LEASE, token_hex(STORE_ID_BYTES)))
        ledger.run(lambda session: use_timezone(session, self._timezone))
        row: Any = connection.execute("SELECT id, term, deleted_number, chunked_until FROM store").fetchone()
        session = ledger.session
        self._store_id, self._term, session.deleted_number, session.chunked_until = row
        self._writer = Writer(ledger, self._path)
        self._writer.start()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._lock.free()


def _execute(session: Session, sql: str, *values: object) -> None:
    session.connection.execute(sql, values)

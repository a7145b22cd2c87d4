"""PostgresStore: the sink's side of the store on a database server."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from secrets import token_hex
from time import monotonic, time_ns
from typing import TypeVar

from hub.errors import StoreUnavailable
from storage.audit import AuditHead, AuditNote, require_notes
from storage.contract import Batch, Outcome, Watermark
from storage.destination_rows import or_raise, require_order
from storage.destination_rows import require as require_destination
from storage.destinations import DestinationChange, DestinationOrder
from storage.postgres import audit, destination_rows
from storage.postgres.compaction import Compactor
from storage.postgres.connection import Server
from storage.postgres.failures import FAILURES, unavailable
from storage.postgres.lab_days import use_timezone
from storage.postgres.ledger import Ledger
from storage.postgres.line import Line
from storage.postgres.projection_rows import settle
from storage.postgres.reporting import revise
from storage.postgres.retention import remove_expired
from storage.postgres.schema import migrate
from storage.postgres.session import Session
from storage.postgres.transaction import locked
from storage.postgres.writer import Writer
from storage.projection_rows import require
from storage.projections import ProjectionChange
from storage.reporting import Revision
from storage.reporting_rows import require as require_revision
from storage.retention import DEFAULT, READINGS, Retention

T = TypeVar("T")

STORE_ID_BYTES = 8
# What waits for the writer waits for this and a commit; a statement alone takes about 1 ms.
SLICE_SECONDS = 0.01

_TAKE_LEASE = """
INSERT INTO store (id, term) VALUES ($1, 1) ON CONFLICT (one) DO UPDATE SET term = store.term + 1
RETURNING id, term
"""
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"
_LINK = "SELECT link FROM link WHERE partition = $1"
_RENEW_LINK = """
INSERT INTO link (partition, link) VALUES ($1, $2) ON CONFLICT (partition) DO UPDATE SET link = excluded.link
"""
_ANNOUNCED = "SELECT announced FROM alarm_progress"
_MARK_ANNOUNCED = "UPDATE alarm_progress SET announced = $1"
_RENEW_ID = "UPDATE store SET id = $1"


class PostgresStore:
    """One database with its one writer. See storage.contract.EventStore.

    ``timezone`` names the zone whose days results are counted by; None keeps the one the store has.
    It connects anew by itself after the line was lost; until then every method raises StoreUnavailable.
    """

    def __init__(
        self, server: Server, *, timezone: str | None = None, retention: Retention = DEFAULT
    ) -> None:
        self._server = server
        self._retention = retention
        self._compactor = Compactor()
        self._timezone = timezone
        self._line: Line | None = None
        self._writer: Writer | None = None
        self._ledger: Ledger | None = None
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
        """Connect, become the holder, migrate and take the lease.

        Raises OperatorError for a store in use, a newer schema, tables of another program or a server
        that will not do; StoreUnavailable when the server is away or does not let us.
        """
        line = Line(self._server)
        try:
            session = await line.first()
            await migrate(session.connection)
            await self._take_lease(session)
        except FAILURES as error:
            raise unavailable(error) from error
        else:
            self._line, self._ledger = line, Ledger(line, self._store_id)
            self._writer = Writer(self._ledger)
            self._writer.start()
        finally:
            if self._line is not line:
                await line.close()

    async def close(self) -> None:
        """Write what waits, then let go of the server."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.stop()
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def write(self, batch: Batch) -> Outcome:
        """Commit ``batch`` durably, perhaps with others; raises StoreUnavailable: nothing was written.

        When the line breaks during the commit it may have been: sent again, its events are duplicates.
        """
        if not batch.received_ms:
            batch = replace(batch, received_ms=time_ns() // 1_000_000)
        return await self._running().write(batch)

    async def watermarks(self) -> list[Watermark]:
        async def read(session: Session) -> list[Watermark]:
            return [Watermark(*row) for row in await session.connection.fetch(_WATERMARKS)]

        return await self._run(read)

    async def link(self, partition: int) -> str | None:
        async def read(session: Session) -> str | None:
            found: str | None = await session.connection.fetchval(_LINK, partition)
            return found

        return await self._run(read)

    async def renew_link(self, partition: int, link: str) -> None:
        await self._execute(_RENEW_LINK, partition, link)

    async def announced(self) -> int:
        async def read(session: Session) -> int:
            return int(await session.connection.fetchval(_ANNOUNCED))

        return await self._run(read)

    async def mark_announced(self, number: int) -> None:
        await self._execute(_MARK_ANNOUNCED, number)

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
        await self._execute(_RENEW_ID, store_id)
        self._store_id = store_id
        if self._ledger is not None:
            self._ledger.store_id = store_id

    async def maintain(self, now_ms: int) -> bool:
        """About 10 ms of retention and compaction in one transaction; tells whether there is more to do."""
        compactor, retention = self._compactor, self._retention

        async def work(session: Session) -> bool:
            until = monotonic() + SLICE_SECONDS

            def time_left() -> bool:
                return monotonic() < until

            if await remove_expired(session, now_ms, retention, time_left):
                return True
            return await compactor.work(session, now_ms, retention.cut(READINGS, now_ms), time_left)

        return await self._run(work)

    async def _execute(self, sql: str, *values: object) -> None:
        async def do(session: Session) -> None:
            await session.connection.execute(sql, *values)

        await self._run(do)

    async def _run(self, do: Callable[[Session], Awaitable[T]]) -> T:
        return await self._running().run(do)

    def _running(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailable("store.closed: the store is not open")
        return self._writer

    async def _take_lease(self, session: Session) -> None:
        async with locked(session):
            row = await session.connection.fetchrow(_TAKE_LEASE, token_hex(STORE_ID_BYTES))
            await use_timezone(session, self._timezone)
        self._store_id, self._term = row

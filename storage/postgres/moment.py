"""One moment of the PostgreSQL store for exports: a REPEATABLE READ transaction that only reads."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from hub.errors import StoreUnavailable
from storage.cameras import CameraDay, CameraDayFilter, ToldPeriod
from storage.exporting.moment import Found
from storage.postgres.connection import CONNECT_SECONDS, Server
from storage.postgres.failures import FAILURES, unavailable
from storage.postgres.queries import cameras
from storage.postgres.queries.steps import figures
from storage.postgres.schema import newest_version, version_of
from storage.rollup import HOUR_MS, Figures

# No limit to a statement: a large table is read for as long as it takes.
_PATIENT = {
    "application_name": "epihub export",
    "default_transaction_read_only": "on",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
}


class PostgresMoment:
    """See storage.exporting.moment.Moment."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def blocks(
        self, sql: str, values: Sequence[Any] = (), *, rows: int = 1000
    ) -> AsyncIterator[list[Found]]:
        """The server's portal is closed after the last row."""
        block: list[Found] = []
        async for row in self._connection.cursor(sql, *values, prefetch=rows):
            block.append(tuple(row))
            if len(block) == rows:
                yield block
                block = []
        if block:
            yield block

    async def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return await self._connection.fetchval(sql, *values)

    async def hours(self, series: list[int], from_ms: int, to_ms: int) -> dict[int, dict[int, Figures]]:
        return await figures(self._connection, series, (from_ms, to_ms), HOUR_MS)

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        return await cameras.camera_periods(self._connection, device, from_ms, to_ms)

    async def camera_days(self, wanted: CameraDayFilter) -> list[CameraDay]:
        return await cameras.camera_days(self._connection, wanted)


@asynccontextmanager
async def postgres_moment(server: Server) -> AsyncIterator[PostgresMoment]:
    """The store as it is now; raises StoreUnavailable."""
    try:
        connection = await asyncpg.connect(
            server.url, password=server.password, timeout=CONNECT_SECONDS, server_settings=_PATIENT
        )
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                _require_schema(await version_of(connection))
                yield PostgresMoment(connection)
        finally:
            await connection.close()
    except FAILURES as error:
        raise unavailable(error) from error


def _require_schema(version: int) -> None:
    if version == 0:
        raise StoreUnavailable("store.absent: no hub has made the tables yet")
    if version != newest_version():
        raise StoreUnavailable(
            f"store.schema: the store has schema {version}, this epihub knows {newest_version()}"
        )

"""Readings into PostgreSQL in four ways: a thousand rows a durable transaction, each in its own schema."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any

import asyncpg

from storage.contract import Batch
from storage.postgres.connection import Server
from storage.postgres.projections import readings as projection
from storage.postgres.store import PostgresStore
from tests.bench.parts.ingest import BATCH, SLICE
from tests.bench.parts.sensors import METRIC, SITE, UNIT, Sample, arrivals, device_of
from tests.bench.parts.turns import Way, in_turn
from tests.bench.parts.verdict import BenchFailed
from tests.postgres.server import PostgresServer

WAYS = ("copy", "copy_keyless", "table", "events")
_KEYLESS = "CREATE TABLE keyless (LIKE reading)"
_SERIES = """
INSERT INTO series (site, edge, device, metric, unit)
SELECT $1, 'edge-1', device, $2, $3 FROM unnest($4::text[]) AS own (device)
"""
Rows = Sequence[tuple[Any, ...]]
Insert = Callable[[asyncpg.Connection, Rows], Awaitable[object]]


async def measure_postgres(server: PostgresServer, rows: Sequence[Sample], events: int) -> dict[str, float]:
    """Rows a second of each of WAYS; raises BenchFailed when rows are missing afterwards.

    ``copy``: COPY into the store's table of readings, which ends at the first reading that comes
    twice. ``copy_keyless``: into the same columns without a key. ``table``: by the store's own
    way. ``events``: PostgresStore.write of ``events`` of the rows.
    """
    whole = [(row.ts, row.sensor, n, row.value, 0, 800, None) for n, row in enumerate(rows, 1)]
    sensors = max(row.sensor for row in rows)
    async with (
        _place(server, "reading", sensors, whole, _copy("reading")) as copy,
        _place(server, "keyless", sensors, whole, _copy("keyless")) as keyless,
        _place(server, "reading", sensors, whole, _insert) as table,
        _events(server, rows[:events]) as through_store,
    ):
        ways = dict(zip(WAYS, (copy, keyless, table, through_store), strict=True))
        return await in_turn(ways, SLICE)


def _copy(table: str) -> Insert:
    async def insert(connection: asyncpg.Connection, batch: Rows) -> None:
        await connection.copy_records_to_table(table, records=batch, columns=projection.COLUMNS)

    return insert


async def _insert(connection: asyncpg.Connection, batch: Rows) -> None:
    await projection.insert_rows(connection, batch)


@asynccontextmanager
async def _place(
    server: PostgresServer, table: str, sensors: int, rows: Rows, insert: Insert
) -> AsyncIterator[Way]:
    async with _schema(server) as (schema, store):
        await store.close()
        connection = await server.connect(server_settings={"search_path": schema})
        await connection.execute(_KEYLESS)
        await connection.execute(_SERIES, SITE, METRIC, UNIT, [device_of(n) for n in range(1, sensors + 1)])

        async def write(first: int, end: int) -> None:
            for start in range(first, end, BATCH):
                async with connection.transaction():
                    await insert(connection, rows[start : min(start + BATCH, end)])

        yield Way(write, len(rows))
        await connection.close()
        await _require(server, schema, table, len(rows))


@asynccontextmanager
async def _events(server: PostgresServer, rows: Sequence[Sample]) -> AsyncIterator[Way]:
    made = arrivals(list(rows))
    async with _schema(server) as (schema, store):

        async def write(first: int, end: int) -> None:
            for start in range(first, end, BATCH):
                batch = made[start : min(start + BATCH, end)]
                await store.write(Batch(store.term, batch, received_ms=rows[-1].ts))

        yield Way(write, len(made))
        await store.close()
        await _require(server, schema, "reading", len(made))


@asynccontextmanager
async def _schema(server: PostgresServer) -> AsyncIterator[tuple[str, PostgresStore]]:
    schema = f"b{token_hex(6)}"
    store = PostgresStore(Server(await server.new_store(schema), server.password))
    await store.open()
    yield schema, store
    await server.run(f"DROP SCHEMA {schema} CASCADE")


async def _require(server: PostgresServer, schema: str, table: str, wanted: int) -> None:
    connection = await server.connect(server_settings={"search_path": schema})
    found = await connection.fetchval(f"SELECT count(*) FROM {table}")
    await connection.close()
    if found != wanted:
        raise BenchFailed(f"{found} of {wanted} readings in PostgreSQL")

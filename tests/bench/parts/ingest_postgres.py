"""Readings into PostgreSQL in four ways, each a thousand rows a durable transaction, in a new schema."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import asyncpg

from storage.contract import Batch
from storage.postgres.connection import Server
from storage.postgres.entries import columns
from storage.postgres.projections import readings as projection
from storage.postgres.store import PostgresStore
from tests.bench.parts.ingest import BATCH
from tests.bench.parts.sensors import METRIC, SITE, UNIT, Sample, arrivals, device_of
from tests.bench.parts.servers import BenchFailed
from tests.postgres.server import PostgresServer

COLUMNS = ("ts", "series", "number", "value", "quality", "lag_ms", "extra")
_KEYLESS = "CREATE TABLE keyless (LIKE reading)"
_SERIES = """
INSERT INTO series (site, edge, device, metric, unit)
SELECT $1, 'edge-1', device, $2, $3 FROM unnest($4::text[]) AS own (device)
"""
Rows = Sequence[tuple[Any, ...]]
Insert = Callable[[asyncpg.Connection, Rows], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class PostgresPair:
    """Rows a second of every way, one after the other."""

    copy: float
    copy_keyless: float
    table: float
    events: float


async def measure_postgres(
    server: PostgresServer, number: int, rows: list[Sample], events: int
) -> PostgresPair:
    """Every way once; every other pair begins with the other end."""
    whole = [(row.ts, row.sensor, n, row.value, 0, 800, None) for n, row in enumerate(rows, 1)]
    sensors = max(row.sensor for row in rows)
    ways: dict[str, tuple[str, Insert]] = {
        "copy": ("reading", _copy("reading")),
        "copy_keyless": ("keyless", _copy("keyless")),
        "table": ("reading", _insert),
    }
    names = list(ways) if number % 2 else list(reversed(ways))
    rates = {name: await _run(server, sensors, whole, *ways[name]) for name in names}
    return PostgresPair(**rates, events=await _events(server, rows[:events]))


def _copy(table: str) -> Insert:
    """COPY: the server's fastest way, which stops at the first reading that comes twice."""

    async def insert(connection: asyncpg.Connection, batch: Rows) -> None:
        await connection.copy_records_to_table(table, records=batch, columns=COLUMNS)

    return insert


async def _insert(connection: asyncpg.Connection, batch: Rows) -> None:
    """The store's own statement."""
    await connection.execute(projection._INSERT, *columns(batch, len(COLUMNS)))


async def _run(server: PostgresServer, sensors: int, rows: Rows, table: str, insert: Insert) -> float:
    schema = f"b{token_hex(6)}"
    store = PostgresStore(Server(await server.new_store(schema), server.password))
    await store.open()
    await store.close()
    connection = await server.connect(server_settings={"search_path": schema})
    await connection.execute(_KEYLESS)
    await connection.execute(_SERIES, SITE, METRIC, UNIT, [device_of(n) for n in range(1, sensors + 1)])
    await connection.execute("CHECKPOINT")
    began = time.perf_counter()
    for first in range(0, len(rows), BATCH):
        async with connection.transaction():
            await insert(connection, rows[first : first + BATCH])
    took = time.perf_counter() - began
    await _require(connection, table, len(rows))
    await _drop(connection, schema)
    return len(rows) / took


async def _events(server: PostgresServer, rows: list[Sample]) -> float:
    """Readings a second through PostgresStore.write."""
    made, schema = arrivals(rows), f"b{token_hex(6)}"
    store = PostgresStore(Server(await server.new_store(schema), server.password))
    await store.open()
    began = time.perf_counter()
    for first in range(0, len(made), BATCH):
        await store.write(Batch(store.term, made[first : first + BATCH], received_ms=rows[-1].ts))
    took = time.perf_counter() - began
    await store.close()
    connection = await server.connect(server_settings={"search_path": schema})
    await _require(connection, "reading", len(rows))
    await _drop(connection, schema)
    return len(rows) / took


async def _require(connection: asyncpg.Connection, table: str, wanted: int) -> None:
    found = await connection.fetchval(f"SELECT count(*) FROM {table}")
    if found != wanted:
        raise BenchFailed(f"{found} of {wanted} readings in PostgreSQL")


async def _drop(connection: asyncpg.Connection, schema: str) -> None:
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()

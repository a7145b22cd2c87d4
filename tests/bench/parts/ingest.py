"""Readings into SQLite in five ways: a thousand rows a durable transaction, each way in its own file."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw

from hub.events import format_time
from storage.contract import Batch
from storage.sqlite.connection import connect_writer
from storage.sqlite.projections import readings as projection
from storage.sqlite.schema import migrate
from storage.sqlite.store import SqliteStore
from tests.bench.parts.sensors import METRIC, SITE, UNIT, Sample, arrivals, device_of
from tests.bench.parts.turns import Way, in_turn
from tests.bench.parts.verdict import BenchFailed

BATCH = 1000
SLICE = 5 * BATCH

# What a quick store has: every field as text, one index that keeps a reading from coming twice.
_TEXT_TABLE = """
CREATE TABLE reading (device TEXT NOT NULL, metric TEXT NOT NULL, ts TEXT NOT NULL, value REAL,
    UNIQUE (device, metric, ts))
"""
_TEXT_INSERT = "INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?)"
# The most that SQLite can do: no key, nothing is noticed when it comes twice.
_RAW_TABLE = "CREATE TABLE reading (ts INTEGER NOT NULL, series INTEGER NOT NULL, value REAL)"
_RAW_INSERT = "INSERT INTO reading VALUES (?, ?, ?)"
_SERIES = "INSERT INTO series (series, site, edge, device, metric, unit) VALUES (?, ?, 'edge-1', ?, ?, ?)"
WAYS = ("raw", "text", "table", "with_latest", "events")

Rows = Sequence[tuple[Any, ...]]


async def measure(folder: Path, rows: Sequence[Sample], events: int) -> dict[str, float]:
    """Rows a second of each of WAYS; raises BenchFailed when rows are missing afterwards.

    ``raw``: no key. ``text``: device, metric and ISO time as text, unique together. ``table``: the
    store's own table of readings with all its columns, by its own statement. ``with_latest``: and
    ``latest`` in the same transaction. ``events``: SqliteStore.write of ``events`` of the rows.
    """
    raw, text = connect_writer(folder / "raw.db"), connect_writer(folder / "text.db")
    raw.execute(_RAW_TABLE)
    text.execute(_TEXT_TABLE)
    texts = [(device_of(row.sensor), METRIC, format_time(row.ts), row.value) for row in rows]
    whole = [(row.ts, row.sensor, n, row.value, 0, 800, None) for n, row in enumerate(rows, 1)]
    table, latest = (_real(folder / f"{name}.db", rows) for name in ("table", "with_latest"))
    async with _events(folder / "events.db", rows[:events]) as through_store:
        ways = {
            "raw": _way(raw, rows, lambda batch: raw.executemany(_RAW_INSERT, batch)),
            "text": _way(text, texts, lambda batch: text.executemany(_TEXT_INSERT, batch)),
            "table": _way(table, whole, lambda batch: table.executemany(projection._INSERT, batch)),
            "with_latest": _way(latest, whole, lambda batch: _insert_and_widen(latest, batch)),
            "events": through_store,
        }
        rates = await in_turn(ways, SLICE)
    for connection in (raw, text, table, latest):
        connection.close()
    for name, way in ways.items():
        require_readings(folder / f"{name}.db", way.rows)
    return rates


def require_readings(path: Path, count: int) -> None:
    """Raise BenchFailed unless the table has ``count`` readings."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    found = connection.execute("SELECT count(*) FROM reading").get
    connection.close()
    if found != count:
        raise BenchFailed(f"{found} of {count} readings in {path.stem}")


def _way(connection: apsw.Connection, rows: Rows, insert: Callable[[Rows], object]) -> Way:
    async def write(first: int, end: int) -> None:
        for start in range(first, end, BATCH):
            connection.execute("BEGIN IMMEDIATE")
            insert(rows[start : min(start + BATCH, end)])
            connection.execute("COMMIT")

    return Way(write, len(rows))


def _insert_and_widen(connection: apsw.Connection, batch: Rows) -> None:
    connection.executemany(projection._INSERT, batch)
    newest = {series: ts for ts, series, *_ in batch}
    connection.executemany(projection._SPAN, [(series, ts, ts) for series, ts in newest.items()])


@asynccontextmanager
async def _events(path: Path, rows: Sequence[Sample]) -> AsyncIterator[Way]:
    made = arrivals(list(rows))
    store = SqliteStore(path)
    await store.open()

    async def write(first: int, end: int) -> None:
        for start in range(first, end, BATCH):
            batch = made[start : min(start + BATCH, end)]
            await store.write(Batch(store.term, batch, received_ms=rows[-1].ts))

    yield Way(write, len(made))
    await store.close()


def _real(path: Path, rows: Sequence[Sample]) -> apsw.Connection:
    connection = connect_writer(path)
    migrate(connection)
    sensors = {row.sensor for row in rows}
    connection.executemany(_SERIES, [(sensor, SITE, device_of(sensor), METRIC, UNIT) for sensor in sensors])
    return connection

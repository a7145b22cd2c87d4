"""Readings into SQLite in four ways, each a thousand rows a durable transaction, on a new file."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
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
from tests.bench.parts.servers import BenchFailed

BATCH = 1000

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


def raw_keyless(path: Path, rows: Sequence[Sample]) -> float:
    """Rows a second into a table without a key."""
    connection = connect_writer(path)
    connection.execute(_RAW_TABLE)
    return _timed(connection, len(rows), lambda batch: connection.executemany(_RAW_INSERT, batch), rows)


def text_timestamp(path: Path, rows: Sequence[Sample]) -> float:
    """Rows a second into device text, metric text, ISO time and value, unique by the first three."""
    connection = connect_writer(path)
    connection.execute(_TEXT_TABLE)
    texts = [(device_of(row.sensor), METRIC, format_time(row.ts), row.value) for row in rows]
    return _timed(connection, len(rows), lambda batch: connection.executemany(_TEXT_INSERT, batch), texts)


def reading_table(path: Path, rows: Sequence[Sample]) -> float:
    """Rows a second into the store's table of readings, with every column, by the store's own statement."""
    connection, whole = _store(path, rows)
    return _timed(
        connection, len(rows), lambda batch: connection.executemany(projection._INSERT, batch), whole
    )


def readings_and_latest(path: Path, rows: Sequence[Sample]) -> float:
    """The same, and ``latest`` of every series of a batch in its transaction."""
    connection, whole = _store(path, rows)

    def insert(batch: Sequence[Any]) -> None:
        connection.executemany(projection._INSERT, batch)
        newest = {series: ts for ts, series, *_ in batch}
        connection.executemany(projection._SPAN, [(series, ts, ts) for series, ts in newest.items()])

    return _timed(connection, len(rows), insert, whole)


async def events(path: Path, rows: Sequence[Sample]) -> float:
    """Readings a second through SqliteStore.write: the log with every body, readings, latest, devices."""
    made = arrivals(list(rows))
    store = SqliteStore(path)
    await store.open()
    began = time.perf_counter()
    for first in range(0, len(made), BATCH):
        await store.write(Batch(store.term, made[first : first + BATCH], received_ms=rows[-1].ts))
    took = time.perf_counter() - began
    await store.close()
    require_readings(path, len(rows))
    return len(rows) / took


def _store(path: Path, rows: Sequence[Sample]) -> tuple[apsw.Connection, list[tuple[Any, ...]]]:
    connection = connect_writer(path)
    migrate(connection)
    sensors = {row.sensor for row in rows}
    connection.executemany(_SERIES, [(sensor, SITE, device_of(sensor), METRIC, UNIT) for sensor in sensors])
    return connection, [
        (row.ts, row.sensor, number, row.value, 0, 800, None) for number, row in enumerate(rows, 1)
    ]


def _timed(
    connection: apsw.Connection, count: int, insert: Callable[[Sequence[Any]], object], rows: Sequence[Any]
) -> float:
    rest = iter(rows)
    began = time.perf_counter()
    while batch := list(islice(rest, BATCH)):
        connection.execute("BEGIN IMMEDIATE")
        insert(batch)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    path = Path(connection.filename)
    connection.close()
    require_readings(path, count)
    return count / took


def require_readings(path: Path, count: int) -> None:
    """Raise BenchFailed unless the table has ``count`` readings."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute("SELECT count(*) FROM reading").get
    connection.close()
    if found != count:
        raise BenchFailed(f"{found} of {count} readings in the table")

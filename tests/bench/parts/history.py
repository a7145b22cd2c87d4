"""A store with months of history, filled past the sink: by statements into its real tables, in bulk."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import apsw

from storage.lab_days import CALLS
from storage.sqlite.connection import connect_writer
from storage.sqlite.store import SqliteStore
from tests.bench.parts.sensors import METRIC, SITE, UNIT, device_of, samples
from tests.conformance.store_arrivals import DAY

BATCH = 100_000
DAYS = 30
NOW = 1_795_305_600_000  # 2026-11-22T00:00:00Z
FIRST = NOW - DAYS * DAY
DISTRICTS = [str(number) for number in range(731, 743) if number != 733]
# Two laboratories in most districts of the province.
PLACES = {f"lab-{number:02d}": DISTRICTS[number % len(DISTRICTS)] for number in range(20)}
TESTS = ("SARS-CoV-2", "FLU-A")
_WEIGHTS = (12, 80, 3, 2, 1, 1, 1)  # of CALLS

_SERIES = "INSERT INTO series (series, site, edge, device, metric, unit) VALUES (?, ?, 'edge-1', ?, ?, ?)"
_READING = (
    "INSERT INTO reading (ts, series, number, value, quality, lag_ms, extra) VALUES (?, ?, ?, ?, 0, 800, ?)"
)
_LATEST = (
    "INSERT INTO latest (series, first_ts, ts) SELECT series, min(ts), max(ts) FROM reading GROUP BY series"
)
# The log let go of these readings' events long ago.
_GONE = "UPDATE store SET readings = ?1, deleted_number = ?1"
_NUMBERS = "INSERT INTO sqlite_sequence (name, seq) VALUES ('event', ?)"
_RESULT = """
INSERT INTO lab_result (number, fact, place_epoch, place_seq, status, current, specimen, site, device, call,
    time_ms, day, test, control)
VALUES (?1, ?1, 1, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9)
"""
# Counted anew when the store is opened.
_NOT_COUNTED = "UPDATE store SET timezone = ''"
_RAW_IS_VALUE = b"="


class Loaded(NamedTuple):
    """Seconds that parts of the loading took."""

    load: float
    compact: float


async def fill_readings(path: Path, count: int, sensors: int) -> Loaded:
    """``count`` readings of thirty days, then compacted by the store's own maintenance."""
    store = SqliteStore(path)
    await store.open()
    await store.close()
    began = time.perf_counter()
    with _bulk(path) as connection:
        rows = _rows(count, sensors)
        while batch := list(islice(rows, BATCH)):
            connection.executemany(_READING, batch)
        connection.executemany(
            _SERIES, [(n, SITE, device_of(n), METRIC, UNIT) for n in range(1, sensors + 1)]
        )
        connection.execute(_LATEST)
        connection.execute(_GONE, (count,))
        connection.execute(_NUMBERS, (count,))
    load = time.perf_counter() - began
    await store.open()
    assert store._connection is not None
    store._connection.pragma("synchronous", "OFF")
    began = time.perf_counter()
    while await store.maintain(NOW):
        pass
    compact = time.perf_counter() - began
    await store.close()
    return Loaded(load, compact)


async def fill_results(path: Path, count: int) -> Loaded:
    """``count`` current results of thirty days, then counted by the store itself."""
    began = time.perf_counter()
    with _bulk(path) as connection:
        connection.executemany(_RESULT, _results(count))
        connection.execute(_NOT_COUNTED)
    load = time.perf_counter() - began
    store = SqliteStore(path)
    began = time.perf_counter()
    await store.open()
    took = time.perf_counter() - began
    await store.close()
    return Loaded(load, took)


def bytes_a_reading(path: Path, count: int) -> tuple[float, float]:
    """(pages in use, whole file) of a store that holds nothing but readings."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    size, pages, free = (
        int(connection.pragma(name)) for name in ("page_size", "page_count", "freelist_count")
    )
    connection.close()
    return size * (pages - free) / count, size * pages / count


def _rows(count: int, sensors: int) -> Iterator[tuple[Any, ...]]:
    period_ms = DAYS * DAY * sensors // count
    for number, row in enumerate(samples(count, sensors, period_ms, FIRST), 1):
        yield row.ts, row.sensor, number, row.value, _RAW_IS_VALUE


def _results(count: int) -> Iterator[tuple[Any, ...]]:
    random, places = Random(1), list(PLACES)
    calls, tests = random.choices(CALLS, _WEIGHTS, k=4096), random.choices(TESTS, (4, 1), k=4093)
    for number in range(1, count + 1):
        place = places[number * 7 % len(places)]
        waiting = number > count * 0.97 and number % 9 == 0  # what is not final yet is of today
        status = "P" if waiting else "C" if number % 50 == 0 else "F"
        time_ms = FIRST + DAYS * DAY * number // count
        call, test = calls[number % 4096], tests[number % 4093]
        yield number, status, f"S{number}", place, f"{place}-pcr", call, time_ms, test, number % 40 == 0


@contextmanager
def _bulk(path: Path) -> Iterator[apsw.Connection]:
    """One transaction without a sync: the bench makes the file anew when the machine dies."""
    connection = connect_writer(path)
    connection.pragma("synchronous", "OFF")
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.execute("COMMIT")
    connection.close()

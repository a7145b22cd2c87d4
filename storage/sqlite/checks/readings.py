"""Readings: as many as the store says; sound chunks; hours figured anew; ``latest``; the deletions."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import apsw

from storage.chunks import DAY_MS, DamagedChunkError, Sample, decode
from storage.retention import READINGS, Deletion, first_broken
from storage.rollup import HOUR_MS, by_step, unpack_day
from storage.sqlite.checks.finding import Finding, Wrongs

_HOT = "SELECT series, ts FROM reading NOT INDEXED"
_CHUNKS = "SELECT series, first_ts, last_ts, readings, data FROM reading_chunk ORDER BY series, first_ts"
_AROUND = """
SELECT first_ts, last_ts, data FROM reading_chunk WHERE series = ? AND first_ts <= ? AND first_ts >= ?
ORDER BY first_ts DESC LIMIT 1
"""
_HOURS = "SELECT figures FROM reading_hour WHERE series = ? AND day = ?"
_KEPT = "SELECT readings, chunked_until FROM store"
_LATEST = "SELECT series, first_ts, ts FROM latest"
_SERIES = "SELECT series FROM series"
_OPEN = "SELECT coalesce(max(to_ms), 0) FROM deletion_open WHERE class = ?"
_LEDGER = "SELECT class, from_ms, to_ms, rows, at_ms, digest FROM deletion ORDER BY number"
MOST_UNPACKED = 32  # chunks that are remembered while hot rows are compared with them
COUNT = "số đo / readings"
CHUNKS = "khối số đo / chunks of readings"
HOURS = "số liệu giờ / hourly figures"
LATEST = "số đo mới nhất / latest readings"
LEDGER = "sổ xóa / ledger of deletions"

Spans = dict[int, tuple[int, int]]  # oldest and newest instant of a series


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """One pass over chunks and one over rows: memory for a few numbers a series and some chunks."""
    seen = _Chunks(connection)
    for _, rows in groupby(connection.execute(_CHUNKS), key=itemgetter(0)):
        seen.take_series(rows)
    hot = _Hot(connection, seen.spans)
    kept: Any = connection.execute("SELECT readings FROM store").get
    count = seen.readings + hot.only_hot
    detail = f"{count}" if count == kept else f"the store says {kept}, its tables have {count}"
    yield Finding(count == kept, COUNT, detail)
    yield seen.wrongs.finding(CHUNKS, f"{seen.count} with {seen.readings} readings")
    yield seen.hours.finding(HOURS, f"{seen.days} days figured anew")
    yield _latest(connection, seen.spans)
    yield _ledger(connection)


class _Chunks:
    """What chunks hold; those of one series and day at a time."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.wrongs, self.hours = Wrongs(), Wrongs()
        self.count = self.readings = self.days = 0
        self.spans: Spans = {}
        # Days that retention is just removing may have lost chunks and not yet their hours.
        self._removed_to: int = connection.execute(_OPEN, (READINGS,)).get

    def take_series(self, rows: Iterator[Any]) -> None:
        last_ts: int | None = None
        for (series, day), parts in groupby(rows, key=lambda row: (row[0], row[1] // DAY_MS)):
            samples: list[Sample] = []
            for row in parts:
                samples += self._samples(row, last_ts)
                last_ts = row[2]
            self._figures(series, day, samples)

    def _samples(self, row: Any, before: int | None) -> list[Sample]:
        series, first_ts, last_ts, readings, data = row
        self.count += 1
        self.readings += readings
        widen(self.spans, series, first_ts, last_ts)
        try:
            samples = decode(data)
        except DamagedChunkError:
            self.wrongs.add(f"series {series} at {first_ts}")
            return []
        told = (samples[0][0], samples[-1][0], len(samples), last_ts // DAY_MS)
        overlaps = before is not None and before >= first_ts
        if told != (first_ts, last_ts, readings, first_ts // DAY_MS) or overlaps:
            self.wrongs.add(f"series {series} at {first_ts}")
        return samples

    def _figures(self, series: int, day: int, samples: list[Sample]) -> None:
        if day * DAY_MS < self._removed_to:
            return
        self.days += 1
        packed = self.connection.execute(_HOURS, (series, day)).get or b""
        if unpack_day(day, packed) != by_step(samples, HOUR_MS):
            self.hours.add(f"series {series} on day {day}")


class _Hot:
    """Rows outside chunks; ``only_hot``: those whose instant no chunk has too."""

    def __init__(self, connection: apsw.Connection, spans: Spans) -> None:
        self.only_hot = 0
        self._connection = connection
        self._unpacked: dict[tuple[int, int], frozenset[int]] = {}
        _, chunked_until = connection.execute(_KEPT).fetchone() or (0, 0)
        for series, ts in connection.execute(_HOT):
            widen(spans, series, ts, ts)
            self.only_hot += ts >= chunked_until or not self._is_in_a_chunk(series, ts)

    def _is_in_a_chunk(self, series: int, ts: int) -> bool:
        row: Any = self._connection.execute(_AROUND, (series, ts, ts - ts % DAY_MS)).fetchone()
        if row is None or row[1] < ts:
            return False
        key = (series, row[0])
        if key not in self._unpacked:
            if len(self._unpacked) >= MOST_UNPACKED:
                self._unpacked.pop(next(iter(self._unpacked)))
            self._unpacked[key] = _instants(row[2])
        return ts in self._unpacked[key]


def widen(spans: Spans, series: int, first: int, last: int) -> None:
    known = spans.get(series, (first, last))
    spans[series] = (min(known[0], first), max(known[1], last))


def _instants(data: bytes) -> frozenset[int]:
    try:
        return frozenset(sample[0] for sample in decode(data))
    except DamagedChunkError:
        return frozenset()


def _latest(connection: apsw.Connection, spans: Spans) -> Finding:
    """Retention leaves ``latest`` alone: it may begin before the first reading that is left."""
    wrongs = Wrongs()
    known = {series for (series,) in connection.execute(_SERIES)}
    told = {series: (first, last) for series, first, last in connection.execute(_LATEST)}
    for series, (first, last) in spans.items():
        if series not in known or series not in told or told[series][0] > first or told[series][1] != last:
            wrongs.add(f"series {series}")
    return wrongs.finding(LATEST, f"{len(spans)} series")


def _ledger(connection: apsw.Connection) -> Finding:
    chain = [(Deletion(*row[:5]), row[5]) for row in connection.execute(_LEDGER)]
    broken = first_broken(chain)
    detail = f"{len(chain)} deletions" if broken is None else f"broken at entry {broken + 1}"
    return Finding(broken is None, LEDGER, detail)

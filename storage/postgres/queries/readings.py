"""Readings: single ones oldest first, figures of each step, and the newest of each series."""

from typing import Any, NamedTuple

import asyncpg

from storage.contract import Page, ReadingFilter, Row
from storage.cursors import Place, bounded, decode, encode
from storage.instants import Content
from storage.reading_rows import Series, reading_row, step_row

KIND = "readings"
STEPS_KIND = "steps"
_BEGINNING: Place = (-(2**63), 0)

_SERIES = """
SELECT series.series, site, edge, device, metric, unit, latest.first_ts, latest.ts
FROM series JOIN latest ON latest.series = series.series
WHERE device = $1 AND ($2::text IS NULL OR metric = $2)
"""
_READINGS = """
SELECT reading.ts, reading.series, value, quality, extra, lag_ms, event.id
FROM reading LEFT JOIN event ON event.number = reading.number
WHERE reading.ts >= $1 AND reading.ts < $2 AND (reading.ts, reading.series) > ($3::bigint, $4::bigint)
    AND reading.series = ANY($5::int[])
ORDER BY reading.ts, reading.series LIMIT $6
"""
# % has the sign of its left side: the double modulus floors, also before 1970.
_STEPS = """
SELECT start, series, min(value), max(value), avg(value), count(value)
FROM (
    SELECT ts - (ts % $7::bigint + $7::bigint) % $7::bigint AS start, series, value FROM reading
    WHERE ts >= $1 AND ts < $2 AND series = ANY($5::int[]) AND quality < 2 AND value IS NOT NULL
) AS good
WHERE (start, series) > ($3::bigint, $4::bigint)
GROUP BY start, series
ORDER BY start, series LIMIT $6
"""
# A device that moved to another site has a series there: the newest of its series speaks for a metric.
_LATEST = """
SELECT newest.site, newest.edge, newest.device, newest.metric, newest.unit,
    newest.ts, value, quality, extra, lag_ms, event.id
FROM (
    SELECT DISTINCT ON (device, metric, edge) latest.series, latest.ts, site, edge, device, metric, unit
    FROM latest JOIN series ON series.series = latest.series
    ORDER BY device, metric, edge, latest.ts DESC, latest.series
) AS newest
JOIN reading ON reading.ts = newest.ts AND reading.series = newest.series
LEFT JOIN event ON event.number = reading.number
ORDER BY newest.site, newest.device, newest.metric, newest.edge
"""


class Scope(NamedTuple):
    """The series that a filter names, and the range of instants in which they have readings."""

    series: dict[int, Series]
    first: int
    end: int


async def page_of_readings(
    connection: asyncpg.Connection, wanted: ReadingFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``, one row per series and instant; raises BadCursor."""
    limit = bounded(limit)
    after = _place(KIND, cursor)
    scope = await _scope(connection, wanted)
    first = max(scope.first, after[0])
    rows = await connection.fetch(_READINGS, first, scope.end, *after, list(scope.series), limit + 1)
    items = [
        reading_row(scope.series[series], ts, Content(value, quality, extra), lag_ms, event_id)
        for ts, series, value, quality, extra, lag_ms, event_id in rows[:limit]
    ]
    return Page(items, encode(KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


async def page_of_steps(
    connection: asyncpg.Connection, wanted: ReadingFilter, step_ms: int, *, limit: int, cursor: str | None
) -> Page:
    """Per step (aligned to 1970-01-01T00:00Z) and series: min, max, mean and count of what is not BAD."""
    limit = bounded(limit)
    after = _place(STEPS_KIND, cursor)
    scope = await _scope(connection, wanted)
    rows = await _steps(connection, after, scope, step_ms, limit + 1)
    items = [step_row(scope.series[series], start, *figures) for start, series, *figures in rows[:limit]]
    return Page(items, encode(STEPS_KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


async def latest_readings(connection: asyncpg.Connection) -> list[Row]:
    """By site, device and metric."""
    return [
        reading_row(Series(*names), ts, Content(value, quality, extra), lag_ms, event_id)
        for *names, ts, value, quality, extra, lag_ms, event_id in await connection.fetch(_LATEST)
    ]


def _place(kind: str, cursor: str | None) -> tuple[int, int]:
    after_ts, after_series = decode(kind, cursor, (int, int)) if cursor is not None else _BEGINNING
    return int(after_ts), int(after_series)


async def _scope(connection: asyncpg.Connection, wanted: ReadingFilter) -> Scope:
    names = (wanted.device, wanted.metric or "")
    known = not any("\0" in name for name in names)
    found = await connection.fetch(_SERIES, wanted.device, wanted.metric) if known else []
    if not found:
        return Scope({}, 0, 0)
    first, end = min(row[6] for row in found), max(row[7] for row in found) + 1
    return Scope(
        {row[0]: Series(*row[1:6]) for row in found},
        first if wanted.from_ms is None else max(first, wanted.from_ms),
        end if wanted.to_ms is None else min(end, wanted.to_ms),
    )


async def _steps(
    connection: asyncpg.Connection, after: tuple[int, int], scope: Scope, step_ms: int, wanted: int
) -> list[Any]:
    """Window after window of whole steps, each twice as wide: a short page reads no long range."""
    rows: list[Any] = []
    first = max(scope.first, after[0])
    steps = 1 + wanted // max(1, len(scope.series))
    while first < scope.end and len(rows) < wanted:
        end = min(scope.end, first - first % step_ms + steps * step_ms)
        bounds = (first, end, *after, list(scope.series), wanted - len(rows), step_ms)
        rows += await connection.fetch(_STEPS, *bounds)
        first, steps = end, steps * 2
    return rows

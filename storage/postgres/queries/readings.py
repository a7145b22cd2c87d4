"""Readings: single ones oldest first, figures of each step, and the newest of each series."""

import asyncpg

from storage.contract import Page, ReadingFilter, Row
from storage.cursors import bounded, encode
from storage.curves import Curve
from storage.postgres.queries.chunks import Chunks
from storage.postgres.queries.steps import curve, figures
from storage.readings import (
    READINGS_KIND,
    STEPS_KIND,
    Placed,
    Scope,
    Series,
    Step,
    after_cursor,
    devices_of,
    in_order,
    listed,
    reading_row,
    step_row,
)

_SERIES = """
SELECT series.series, site, edge, device, metric, unit, latest.first_ts, latest.ts
FROM series JOIN latest ON latest.series = series.series
WHERE device = ANY($1::text[]) AND ($2::text IS NULL OR metric = $2)
"""
_HOT = """
SELECT ts, series, number, value, quality, lag_ms, extra FROM reading
WHERE ts >= $1 AND ts < $2 AND (ts, series) > ($3::bigint, $4::bigint) AND series = ANY($5::int[])
ORDER BY ts, series LIMIT $6
"""
_IDS = "SELECT number, id FROM event WHERE number = ANY($1::bigint[])"
# A device that moved to another site has a series there: the newest of its series speaks for a metric.
_LATEST = """
SELECT newest.site, newest.edge, newest.device, newest.metric, newest.unit, event.id,
    newest.ts, reading.number, value, quality, lag_ms, extra
FROM (
    SELECT DISTINCT ON (device, metric, edge) latest.series, latest.ts, site, edge, device, metric, unit
    FROM latest JOIN series ON series.series = latest.series
    ORDER BY device, metric, edge, latest.ts DESC, latest.series
) AS newest
JOIN reading ON reading.ts = newest.ts AND reading.series = newest.series
LEFT JOIN event ON event.number = reading.number
ORDER BY newest.site, newest.device, newest.metric, newest.edge
"""


async def page_of_readings(
    connection: asyncpg.Connection, wanted: ReadingFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``, one row per series and instant; raises BadCursor."""
    limit = bounded(limit)
    after = after_cursor(READINGS_KIND, cursor)
    scope = await scope_of(connection, wanted)
    found = await placed_readings(
        connection, scope._replace(first=max(scope.first, after[0])), after, limit + 1
    )
    ids = dict(await connection.fetch(_IDS, [sample[1] for _, _, sample in found]))
    items = [
        reading_row(scope.series[series], sample, ids.get(sample[1])) for _, series, sample in found[:limit]
    ]
    return Page(items, encode(READINGS_KIND, *found[limit - 1][:2]) if len(found) > limit else None)


async def page_of_steps(
    connection: asyncpg.Connection, wanted: ReadingFilter, step_ms: int, *, limit: int, cursor: str | None
) -> Page:
    """Per step (aligned to 1970-01-01T00:00Z) and series: min, max, mean and count of what is not BAD."""
    limit = bounded(limit)
    after = after_cursor(STEPS_KIND, cursor)
    scope = await scope_of(connection, wanted)
    rows = await _steps(connection, scope, step_ms, after, limit + 1)
    items = [step_row(scope.series[series], start, each) for start, series, each in rows[:limit]]
    return Page(items, encode(STEPS_KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


async def curves(connection: asyncpg.Connection, wanted: ReadingFilter, step_ms: int) -> list[Curve]:
    """By device, metric and site; raises TooManyRows."""
    scope = await scope_of(connection, wanted)
    scope.require_curves(step_ms)
    return listed(await curve(connection, scope.series, (scope.first, scope.end), step_ms))


async def latest_readings(connection: asyncpg.Connection) -> list[Row]:
    """By site, device and metric."""
    rows = map(tuple, await connection.fetch(_LATEST))
    return [reading_row(Series(*row[:5]), row[6:], row[5]) for row in rows]


async def scope_of(connection: asyncpg.Connection, wanted: ReadingFilter) -> Scope:
    devices = devices_of(wanted)
    known = not any("\0" in name for name in (*devices, wanted.metric or ""))
    found = await connection.fetch(_SERIES, devices, wanted.metric) if known else []
    return Scope.of(found, wanted)


async def placed_readings(
    connection: asyncpg.Connection, scope: Scope, after: tuple[int, int], most: int
) -> list[Placed]:
    """Chunks first: what they give bounds how far the hot table, and the next series, are read."""
    chunks, end = Chunks(connection), scope.end
    cold: list[Placed] = []
    for series in sorted(scope.series):
        later_than = after[0] if series <= after[1] else after[0] - 1
        samples = await chunks.samples(series, scope.first, end, after=later_than, most=most)
        cold = in_order([cold, [(sample[0], series, sample) for sample in samples]], most)
        end = min(end, cold[-1][0] + 1) if len(cold) == most else end
    values = (scope.first, end, *after, list(scope.series), most)
    hot: list[Placed] = [
        (ts, series, (ts, *rest)) for ts, series, *rest in await connection.fetch(_HOT, *values)
    ]
    return in_order([hot, cold], most)


async def _steps(
    connection: asyncpg.Connection, scope: Scope, step_ms: int, after: tuple[int, int], most: int
) -> list[Step]:
    """Window after window of whole steps, each twice as wide: a short page reads no long range."""
    rows: list[Step] = []
    first = max(scope.first, after[0])
    steps = 1 + most // max(1, len(scope.series))
    while first < scope.end and len(rows) < most:
        end = min(scope.end, first - first % step_ms + steps * step_ms)
        found = await figures(connection, list(scope.series), (first, end), step_ms)
        rows += sorted(
            (start, series, each)
            for series, by_start in found.items()
            for start, each in by_start.items()
            if (start, series) > after
        )
        first, steps = end, steps * 2
    return rows[:most]

"""Readings: single ones oldest first, figures of each step, and the newest of each series."""

import json
from typing import Any

import apsw

from storage.contract import Page, ReadingFilter, Row
from storage.cursors import bounded, encode
from storage.curves import Curve
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
from storage.sqlite.queries.chunks import Chunks
from storage.sqlite.queries.steps import curve, figures

_SERIES = """
SELECT series.series, site, edge, device, metric, unit, latest.first_ts, latest.ts
FROM series JOIN latest ON latest.series = series.series
WHERE device IN (SELECT value FROM json_each(:devices)) AND (:metric IS NULL OR metric = :metric)
"""
_HOT = """
SELECT ts, series, number, value, quality, lag_ms, extra FROM reading
WHERE ts >= :first AND ts < :end AND (ts, series) > (:after_ts, :after_series)
    AND series IN (SELECT value FROM json_each(:series))
ORDER BY ts, series LIMIT :rows
"""
_IDS = "SELECT number, id FROM event WHERE number IN (SELECT value FROM json_each(?))"
# A device that moved to another site has a series there: the newest of its series speaks for a metric.
_LATEST = """
SELECT newest.site, newest.edge, newest.device, newest.metric, newest.unit, event.id,
    newest.ts, reading.number, value, quality, lag_ms, extra
FROM (
    SELECT latest.series, max(latest.ts) AS ts, site, edge, device, metric, unit
    FROM latest JOIN series ON series.series = latest.series
    GROUP BY device, metric, edge
) AS newest
JOIN reading ON reading.ts = newest.ts AND reading.series = newest.series
LEFT JOIN event ON event.number = reading.number
ORDER BY newest.site, newest.device, newest.metric, newest.edge
"""


def page_of_readings(
    connection: apsw.Connection, wanted: ReadingFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``, one row per series and instant; raises BadCursor."""
    limit = bounded(limit)
    after = after_cursor(READINGS_KIND, cursor)
    scope = scope_of(connection, wanted)
    found = placed_readings(connection, scope._replace(first=max(scope.first, after[0])), after, limit + 1)
    ids = _ids(connection, [sample[1] for _, _, sample in found])
    items = [
        reading_row(scope.series[series], sample, ids.get(sample[1])) for _, series, sample in found[:limit]
    ]
    return Page(items, encode(READINGS_KIND, *found[limit - 1][:2]) if len(found) > limit else None)


def page_of_steps(
    connection: apsw.Connection, wanted: ReadingFilter, step_ms: int, *, limit: int, cursor: str | None
) -> Page:
    """Per step (aligned to 1970-01-01T00:00Z) and series: min, max, mean and count of what is not BAD."""
    limit = bounded(limit)
    after = after_cursor(STEPS_KIND, cursor)
    scope = scope_of(connection, wanted)
    rows = _steps(connection, scope, step_ms, after, limit + 1)
    items = [step_row(scope.series[series], start, each) for start, series, each in rows[:limit]]
    return Page(items, encode(STEPS_KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


def curves(connection: apsw.Connection, wanted: ReadingFilter, step_ms: int) -> list[Curve]:
    """By device, metric and site; raises TooManyRows."""
    scope = scope_of(connection, wanted)
    scope.require_curves(step_ms)
    return listed(curve(connection, scope.series, (scope.first, scope.end), step_ms))


def latest_readings(connection: apsw.Connection) -> list[Row]:
    """By site, device and metric."""
    rows: list[Any] = connection.execute(_LATEST).fetchall()
    return [reading_row(Series(*row[:5]), row[6:], row[5]) for row in rows]


def scope_of(connection: apsw.Connection, wanted: ReadingFilter) -> Scope:
    devices = devices_of(wanted)
    found: list[Any] = connection.execute(
        _SERIES, {"devices": json.dumps(devices), "metric": wanted.metric}
    ).fetchall()
    return Scope.of(found, wanted)


def placed_readings(
    connection: apsw.Connection, scope: Scope, after: tuple[int, int], most: int
) -> list[Placed]:
    """Chunks first: what they give bounds how far the hot table is read."""
    chunks = Chunks(connection)
    cold = in_order(
        [
            # Of the instant of the cursor, only the series after it are wanted.
            chunks.placed(series, scope.first + (series <= after[1] and scope.first == after[0]), scope.end)
            for series in scope.series
        ],
        most,
    )
    end = min(scope.end, cold[-1][0] + 1) if len(cold) == most else scope.end
    values = {
        "first": scope.first,
        "end": end,
        "series": json.dumps(list(scope.series)),
        "after_ts": after[0],
        "after_series": after[1],
        "rows": most,
    }
    hot: list[Placed] = [(ts, series, (ts, *rest)) for ts, series, *rest in connection.execute(_HOT, values)]
    return in_order([hot, cold], most)


def _ids(connection: apsw.Connection, numbers: list[int]) -> dict[int, bytes]:
    rows: list[Any] = connection.execute(_IDS, (json.dumps(numbers),)).fetchall()
    return dict(rows)


def _steps(
    connection: apsw.Connection, scope: Scope, step_ms: int, after: tuple[int, int], most: int
) -> list[Step]:
    """Window after window of whole steps, each twice as wide: a short page reads no long range."""
    rows: list[Step] = []
    first = max(scope.first, after[0])
    steps = 1 + most // max(1, len(scope.series))
    while first < scope.end and len(rows) < most:
        end = min(scope.end, first - first % step_ms + steps * step_ms)
        found = figures(connection, list(scope.series), (first, end), step_ms)
        rows += sorted(
            (start, series, each)
            for series, by_start in found.items()
            for start, each in by_start.items()
            if (start, series) > after
        )
        first, steps = end, steps * 2
    return rows[:most]

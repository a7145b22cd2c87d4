"""Readings: single ones oldest first, figures of each step, and the newest of each series."""

import json
from typing import Any, NamedTuple

import apsw

from hub.events import format_time
from hub.identity import id_text
from hub.payloads import Reading
from storage.contract import Page, ReadingFilter, Row
from storage.cursors import bounded, decode, encode
from storage.instants import QUALITIES, Content, unpack

KIND = "readings"
STEPS_KIND = "steps"
_BEGINNING = (-(2**63), 0)

_SERIES = """
SELECT series.series, site, edge, device, metric, unit, latest.first_ts, latest.ts
FROM series JOIN latest ON latest.series = series.series
WHERE device = :device AND (:metric IS NULL OR metric = :metric)
"""
_READINGS = """
SELECT reading.ts, reading.series, value, quality, extra, lag_ms, event.id
FROM reading LEFT JOIN event ON event.number = reading.number
WHERE reading.ts >= :first AND reading.ts < :end AND (reading.ts, reading.series) > (:after_ts, :after_series)
    AND reading.series IN (SELECT value FROM json_each(:series))
ORDER BY reading.ts, reading.series LIMIT :rows
"""
# % has the sign of its left side: the double modulus floors, also before 1970.
_STEPS = """
SELECT ts - (ts % :step + :step) % :step AS start, series, min(value), max(value), avg(value), count(value)
FROM reading
WHERE ts >= :first AND ts < :end AND series IN (SELECT value FROM json_each(:series))
    AND quality < 2 AND value IS NOT NULL
GROUP BY start, series HAVING (start, series) > (:after_ts, :after_series)
ORDER BY start, series LIMIT :rows
"""
# A device that moved to another site has a series there: the newest of its series speaks for a metric.
_LATEST = """
SELECT newest.site, newest.edge, newest.device, newest.metric, newest.unit,
    newest.ts, value, quality, extra, lag_ms, event.id
FROM (
    SELECT latest.series, max(latest.ts) AS ts, site, edge, device, metric, unit
    FROM latest JOIN series ON series.series = latest.series
    GROUP BY device, metric, edge
) AS newest
JOIN reading ON reading.ts = newest.ts AND reading.series = newest.series
LEFT JOIN event ON event.number = reading.number
ORDER BY newest.site, newest.device, newest.metric, newest.edge
"""


class Series(NamedTuple):
    """One metric of a device; ``unit`` is that of its values."""

    site: str
    edge: str
    device: str
    metric: str
    unit: str


class Scope(NamedTuple):
    """The series that a filter names, and the range of instants in which they have readings."""

    series: dict[int, Series]
    first: int
    end: int


def page_of_readings(
    connection: apsw.Connection, wanted: ReadingFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``, one row per series and instant; raises BadCursor."""
    limit = bounded(limit)
    after_ts, after_series = decode(KIND, cursor, (int, int)) if cursor is not None else _BEGINNING
    scope = _scope(connection, wanted)
    values = _values(scope, limit, after_ts, after_series)
    values["first"] = max(scope.first, values["after_ts"])
    rows: list[Any] = connection.execute(_READINGS, values).fetchall()
    items = [
        _reading_row(scope.series[series], ts, Content(value, quality, extra), lag_ms, event_id)
        for ts, series, value, quality, extra, lag_ms, event_id in rows[:limit]
    ]
    return Page(items, encode(KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


def page_of_steps(
    connection: apsw.Connection, wanted: ReadingFilter, step_ms: int, *, limit: int, cursor: str | None
) -> Page:
    """Per step (aligned to 1970-01-01T00:00Z) and series: min, max, mean and count of what is not BAD."""
    limit = bounded(limit)
    after_ts, after_series = decode(STEPS_KIND, cursor, (int, int)) if cursor is not None else _BEGINNING
    scope = _scope(connection, wanted)
    values = {**_values(scope, limit, after_ts, after_series), "step": step_ms}
    rows = _steps(connection, values, scope, step_ms, limit + 1)
    items = [_step_row(scope.series[row[1]], *row) for row in rows[:limit]]
    return Page(items, encode(STEPS_KIND, *rows[limit - 1][:2]) if len(rows) > limit else None)


def latest_readings(connection: apsw.Connection) -> list[Row]:
    """By site, device and metric."""
    return [
        _reading_row(Series(*names), ts, Content(value, quality, extra), lag_ms, event_id)
        for *names, ts, value, quality, extra, lag_ms, event_id in connection.execute(_LATEST)
    ]


def _scope(connection: apsw.Connection, wanted: ReadingFilter) -> Scope:
    found: list[Any] = connection.execute(
        _SERIES, {"device": wanted.device, "metric": wanted.metric}
    ).fetchall()
    if not found:
        return Scope({}, 0, 0)
    first, end = min(row[6] for row in found), max(row[7] for row in found) + 1
    return Scope(
        {row[0]: Series(*row[1:6]) for row in found},
        first if wanted.from_ms is None else max(first, wanted.from_ms),
        end if wanted.to_ms is None else min(end, wanted.to_ms),
    )


def _values(scope: Scope, limit: int, after_ts: int | str, after_series: int | str) -> dict[str, Any]:
    return {
        "first": scope.first,
        "end": scope.end,
        "series": json.dumps(list(scope.series)),
        "after_ts": after_ts,
        "after_series": after_series,
        "rows": limit + 1,
    }


def _steps(
    connection: apsw.Connection, values: dict[str, Any], scope: Scope, step_ms: int, wanted: int
) -> list[tuple[Any, ...]]:
    """Window after window of whole steps, each twice as wide: a short page reads no long range."""
    rows: list[tuple[Any, ...]] = []
    first = max(scope.first, values["after_ts"])
    steps = 1 + wanted // max(1, len(scope.series))
    while first < scope.end and len(rows) < wanted:
        end = min(scope.end, first - first % step_ms + steps * step_ms)
        window = {**values, "first": first, "end": end, "rows": wanted - len(rows)}
        rows += connection.execute(_STEPS, window).fetchall()
        first, steps = end, steps * 2
    return rows


def _reading_row(series: Series, ts: int, content: Content, lag_ms: int, event_id: bytes | None) -> Row:
    """``id`` is None once the log has let go of the reading's event (7 days)."""
    extra = unpack(content, series.unit)
    return {
        "id": None if event_id is None else id_text(event_id),
        "type": Reading.TYPE,
        "site": series.site,
        "device": series.device,
        "time": format_time(ts),
        "received": format_time(ts + lag_ms),
        "edge": series.edge,
        "metric": series.metric,
        "value": content.value,
        "unit": series.unit,
        "raw_value": extra.raw_value,
        "raw_unit": extra.raw_unit,
        "quality": QUALITIES[content.quality],
        "reason": extra.reason,
        "sequence": extra.sequence,
    }


def _step_row(
    series: Series, start: int, _: int, least: float, greatest: float, mean: float, count: int
) -> Row:
    return {
        "id": None,
        "type": Reading.TYPE,
        "site": series.site,
        "device": series.device,
        "time": format_time(start),
        "received": None,
        "edge": series.edge,
        "metric": series.metric,
        "unit": series.unit,
        "min": least,
        "max": greatest,
        "mean": mean,
        "count": count,
    }

"""Projections: how far they are, the pages of the log that they follow, and hours as they stand."""

import json
from collections.abc import Collection
from typing import Any

import apsw

from storage.contract import CursorGone, LoggedEvent, Page
from storage.cursors import bounded, decode, encode
from storage.gates import COUNTED, HOUR_MS
from storage.projection_rows import NOTHING_YET, REJECTED_KIND, looked_at, rejected_row
from storage.projections import (
    LARGEST_PAGE_BYTES,
    MOST_EVENTS,
    AnalyzerHour,
    AnalyzerHourKey,
    GateHourKey,
    GateHourRow,
    LogPage,
    ProjectionRow,
    Series,
)
from storage.sqlite.families import family_of
from storage.sqlite.projection_rows import COLUMNS

_LARGEST_NUMBER = 2**63 - 1
DAY_HOURS = 24

_ROWS = f"SELECT {COLUMNS} FROM projection ORDER BY name"  # noqa: S608  our own column names
_REJECTED = """
SELECT entry, number, at_ms, reason, line FROM projection_rejected
WHERE name = ? AND entry < ? ORDER BY entry DESC LIMIT ?
"""
# The first number after a restore lies far ahead (storage/restored.py).
_ENDS = """
SELECT deleted_number, events, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0),
    (SELECT number FROM event WHERE number > ? ORDER BY number LIMIT 1)
FROM store
"""
_EVENTS = """
SELECT number, type, body FROM event
WHERE number > ? AND number <= ? AND type IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT ?
"""
_CONTESTED = "SELECT series, ts FROM reading_contested WHERE number > ? AND number <= ? ORDER BY ts, series"
# Whole hours downwards, also before 1970.
_HOUR = f"(({{0}} - ({{0}} % {HOUR_MS} + {HOUR_MS}) % {HOUR_MS}) / {HOUR_MS})"
# Where the rows of a page count, and where those of the same scans counted that stand no longer.
_GATES = " UNION ".join(
    f"""
SELECT site, edge, device, zone, {_HOUR.format("placed_ms")} FROM {table}
WHERE number > :after AND number <= :last
UNION
SELECT former.site, former.edge, former.device, former.zone, {_HOUR.format("former.placed_ms")}
FROM {table} AS own JOIN {table} AS former
    ON former.edge = own.edge AND former.scan = own.scan AND former.current = 0 AND former.scan IS NOT NULL
WHERE own.number > :after AND own.number <= :last
"""  # noqa: S608  our own names
    for table in ("gate_decision", "gate_passage")
)
_FACTS = "SELECT DISTINCT fact FROM lab_result WHERE number > ? AND number <= ?"
_LINKED = """
SELECT DISTINCT fact FROM lab_result JOIN event ON event.number = lab_result.number
WHERE lab_result.number > ? AND lab_result.number <= ?
    AND (event.supersedes IS NOT NULL OR EXISTS (SELECT 1 FROM event AS new WHERE new.supersedes = event.id))
"""
_ANALYZERS = f"""
SELECT DISTINCT site, device, {_HOUR.format("time_ms")} FROM lab_result
WHERE fact IN (SELECT value FROM json_each(?))
"""  # noqa: S608
_GATE_HOUR = f"""
SELECT {", ".join(COUNTED)} FROM gate_hour
WHERE edge = ? AND zone = ? AND hour = ? AND site = ? AND device = ?
"""  # noqa: S608
_ANALYZER_HOUR = """
SELECT call, sum(counts) FROM (
    SELECT call, status IN ('F', 'C', 'P') AS counts FROM lab_result
    WHERE current = 1 AND control = 0 AND device = :device AND site = :site
        AND time_ms >= :first AND time_ms < :end
    UNION ALL
    SELECT call, 0 FROM lab_result
    WHERE current = 0 AND control = 0 AND device = :device AND site = :site
        AND time_ms >= :first AND time_ms < :end
)
GROUP BY call ORDER BY call
"""
_GATES_OF_DAY = """
SELECT site, counted.edge, device, counted.zone, hour
FROM gate_zone AS one CROSS JOIN gate_hour AS counted
    ON counted.edge = one.edge AND counted.zone = one.zone AND hour >= ? AND hour < ?
ORDER BY hour, site, counted.edge, counted.zone, device
"""
_ANALYZERS_OF_DAY = " UNION ".join(
    f"""
SELECT site, device, {_HOUR.format("time_ms")} AS hour FROM lab_result
WHERE current = {current} AND control = 0 AND time_ms >= :first AND time_ms < :end
"""  # noqa: S608
    for current in (1, 0)
)
_SERIES = "SELECT series, site, edge, device, metric, unit FROM series ORDER BY series"
_FIRST_AFTER = "SELECT received_ms FROM event WHERE number > ? ORDER BY number LIMIT 1"


def rows(connection: apsw.Connection) -> list[ProjectionRow]:
    found: list[Any] = connection.execute(_ROWS).fetchall()
    return [ProjectionRow(*row) for row in found]


def page_of_rejected(connection: apsw.Connection, name: str, *, limit: int, cursor: str | None) -> Page:
    """Raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(REJECTED_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    found: list[Any] = connection.execute(_REJECTED, (name, before, limit + 1)).fetchall()
    items = [rejected_row(*row[1:]) for row in found[:limit]]
    return Page(items, encode(REJECTED_KIND, found[limit - 1][0]) if len(found) > limit else None)


def log_page(connection: apsw.Connection, after: int, limit: int, types: Collection[str]) -> LogPage:
    """Raises CursorGone."""
    ends: Any = connection.execute(_ENDS, (after,)).fetchone() or NOTHING_YET
    deleted_number, _, last_number, first = ends
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    last = looked_at(after, first, last_number)
    if first is None:
        return LogPage([], last, [], [], [])
    events, last = _events(connection, after, last, max(1, min(limit, MOST_EVENTS)), types)
    instants: list[Any] = connection.execute(_CONTESTED, (after, last)).fetchall()
    gates: list[Any] = connection.execute(_GATES, {"after": after, "last": last}).fetchall()
    return LogPage(
        events,
        last,
        instants,
        [GateHourKey(*row) for row in sorted(gates)],
        _analyzers(connection, after, last),
    )


def _events(
    connection: apsw.Connection, after: int, last: int, limit: int, types: Collection[str]
) -> tuple[list[LoggedEvent], int]:
    """Those of ``types`` and how far the log was looked at."""
    events: list[LoggedEvent] = []
    size = 0
    for row in connection.execute(_EVENTS, (after, last, json.dumps(list(types)), limit)):
        events.append(LoggedEvent(*row))
        size += len(row[2])
        if size > LARGEST_PAGE_BYTES or len(events) == limit:
            return events, row[0]
    return events, last


def _analyzers(connection: apsw.Connection, after: int, last: int) -> list[AnalyzerHourKey]:
    """Hours of every version of the facts of a page, and of those that they are linked with."""
    found: list[Any] = connection.execute(_FACTS, (after, last)).fetchall()
    facts: set[int] = {row[0] for row in found}
    linked: list[Any] = connection.execute(_LINKED, (after, last)).fetchall() if facts else []
    for (fact,) in linked:
        facts |= {version.fact for version in family_of(connection, fact).values()}
    hours: list[Any] = connection.execute(_ANALYZERS, (json.dumps(sorted(facts)),)).fetchall()
    return [AnalyzerHourKey(*row) for row in sorted(hours)]


def gate_hours(connection: apsw.Connection, hours: Collection[GateHourKey]) -> list[GateHourRow]:
    found = []
    for key in sorted(hours):
        counts: Any = connection.execute(
            _GATE_HOUR, (key.edge, key.zone, key.hour, key.site, key.device)
        ).fetchone()
        found.append(GateHourRow(key, counts or (0,) * len(COUNTED)))
    return found


def analyzer_hours(connection: apsw.Connection, hours: Collection[AnalyzerHourKey]) -> list[AnalyzerHour]:
    found = []
    for key in sorted(hours):
        first = key.hour * HOUR_MS
        wanted = {"site": key.site, "device": key.device, "first": first, "end": first + HOUR_MS}
        found += [AnalyzerHour(key, *row) for row in connection.execute(_ANALYZER_HOUR, wanted)]
    return found


def hours_of_day(connection: apsw.Connection, day: int) -> tuple[list[GateHourKey], list[AnalyzerHourKey]]:
    hours = (day * DAY_HOURS, (day + 1) * DAY_HOURS)
    gates: list[Any] = connection.execute(_GATES_OF_DAY, hours).fetchall()
    span = {"first": hours[0] * HOUR_MS, "end": hours[1] * HOUR_MS}
    analyzers: list[Any] = connection.execute(_ANALYZERS_OF_DAY, span).fetchall()
    return [GateHourKey(*row) for row in gates], [AnalyzerHourKey(*row) for row in sorted(analyzers)]


def series(connection: apsw.Connection) -> list[Series]:
    found: list[Any] = connection.execute(_SERIES).fetchall()
    return [Series(*row) for row in found]


def oldest_unprojected(connection: apsw.Connection, number: int) -> int | None:
    received_ms: int | None = connection.execute(_FIRST_AFTER, (number,)).get
    return received_ms


def events_after(connection: apsw.Connection, number: int) -> int:
    ends: Any = connection.execute(_ENDS, (number,)).fetchone() or NOTHING_YET
    _, events, last_number, first = ends
    return 0 if first is None else int(min(events, last_number - first + 1))

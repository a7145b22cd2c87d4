"""Incidents, their ledger, and the readings that rules judge."""

import asyncpg

from storage.contract import LoggedEvent, Page, ReadingFilter, Row
from storage.cursors import bounded, decode
from storage.incidents import (
    INCIDENTS_KIND,
    MOST_MEASURED,
    AlarmSetting,
    AlarmStanding,
    EntryRow,
    IncidentFilter,
    IncidentRow,
    Judged,
    Measured,
    bounds_of,
    incident_row,
    page_end,
)
from storage.postgres.queries.readings import placed_readings, scope_of
from storage.readings import BEGINNING, measured
from storage.rows import incident_page

_LARGEST_NUMBER = 2**63 - 1
_PROGRESS = "SELECT cursor, judged_ms, number, hash FROM alarm_progress"
_SETTINGS = "SELECT name, from_ms, body FROM alarm_setting ORDER BY from_ms, name"
_SETTINGS_NAMED = """
SELECT name, from_ms, body FROM alarm_setting WHERE name >= $1 AND name < $2 ORDER BY from_ms, name
"""
_STANDING = "SELECT standing FROM incident WHERE state <> 'CLOSED' OR end_ms >= $1 ORDER BY opened"
_SERVICES = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE kind IN ('OUT_OF_SERVICE', 'IN_SERVICE') ORDER BY number
"""
_INCIDENTS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident
WHERE opened < $1 AND ($2::text IS NULL OR site = $2) AND ($3::text IS NULL OR device = $3)
    AND ($4::text[] IS NULL OR state = ANY($4))
    AND ($6::text IS NULL OR convert_from(standing, 'UTF8')::jsonb ->> 'suppressed_by' = $6)
ORDER BY opened DESC LIMIT $5
"""
_INCIDENT = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident WHERE id = $1
"""
_ROWS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident WHERE opened > $1 ORDER BY opened LIMIT $2
"""
_ENTRIES = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE number > $1 ORDER BY number LIMIT $2
"""
_ENTRIES_OF = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE incident = $1 AND number > $2 ORDER BY number LIMIT $3
"""
_ENTRIES_OF_DEVICE = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE device = $1 AND number > $2 ORDER BY number LIMIT $3
"""
_OF_HUB = """
SELECT number, type, body FROM event WHERE edge = 'hub' AND number > $1 ORDER BY number LIMIT $2
"""
_CONTESTS = """
SELECT DISTINCT ts, series, value, quality FROM reading_conflict
WHERE ts >= $1 AND ts < $2 AND series = ANY($3::int[])
ORDER BY ts, series, value, quality LIMIT $4
"""


async def alarm_standing(connection: asyncpg.Connection, reaching_ms: int) -> AlarmStanding:
    """How far it was judged, head of the ledger, incidents, entries about devices' service, settings."""
    cursor, judged_ms, number, head = await connection.fetchrow(_PROGRESS)
    return AlarmStanding(
        Judged(cursor, judged_ms),
        number,
        head,
        [row[0] for row in await connection.fetch(_STANDING, reaching_ms)],
        [EntryRow(*row) for row in await connection.fetch(_SERVICES)],
        [AlarmSetting(*row) for row in await connection.fetch(_SETTINGS)],
    )


async def settings_named(connection: asyncpg.Connection, prefix: str) -> list[AlarmSetting]:
    """Those whose names begin with ``prefix``, which ends with a slash."""
    return [AlarmSetting(*row) for row in await connection.fetch(_SETTINGS_NAMED, *bounds_of(prefix))]


async def page_of_incidents(
    connection: asyncpg.Connection, wanted: IncidentFilter, *, limit: int, cursor: str | None
) -> Page:
    """Those opened last first; raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(INCIDENTS_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    states = None if wanted.states is None else list(wanted.states)
    parent = wanted.explained_by
    if parent is not None and "\0" in parent:
        return Page([])
    values = (before, wanted.site, wanted.device, states, limit + 1, parent)
    rows = [IncidentRow(*row) for row in await connection.fetch(_INCIDENTS, *values)]
    return incident_page(rows, limit)


async def one_incident(connection: asyncpg.Connection, incident_id: str) -> Row | None:
    row = None if "\0" in incident_id else await connection.fetchrow(_INCIDENT, incident_id)
    return None if row is None else incident_row(IncidentRow(*row))


async def entries_after(
    connection: asyncpg.Connection, after: int, limit: int, incident_id: str | None, device: str | None
) -> list[EntryRow]:
    """The ledger, or one incident's or device's part of it, in order."""
    page = (min(after, _LARGEST_NUMBER), bounded(limit))
    if "\0" in f"{incident_id}{device}":
        return []
    if incident_id is not None:
        rows = await connection.fetch(_ENTRIES_OF, incident_id, *page)
    elif device is not None:
        rows = await connection.fetch(_ENTRIES_OF_DEVICE, device, *page)
    else:
        rows = await connection.fetch(_ENTRIES, *page)
    return [EntryRow(*row) for row in rows]


async def rows_after(connection: asyncpg.Connection, after: int, limit: int) -> list[IncidentRow]:
    """How incidents stand, in the order in which they were opened."""
    return [IncidentRow(*row) for row in await connection.fetch(_ROWS, after, bounded(limit))]


async def events_of_hub(connection: asyncpg.Connection, after: int, limit: int) -> list[LoggedEvent]:
    """Events that were born at the hub, in the log's order."""
    return [LoggedEvent(*row) for row in await connection.fetch(_OF_HUB, after, bounded(limit))]


async def history(connection: asyncpg.Connection, wanted: ReadingFilter, limit: int) -> list[Measured]:
    """Readings and what contests them, by time, whole instants."""
    limit = max(1, min(limit, MOST_MEASURED))
    scope = await scope_of(connection, wanted)
    placed = await placed_readings(connection, scope, BEGINNING, limit + 1)
    end = page_end([ts for ts, _, _ in placed], limit, scope.end)
    values = (scope.first, end, list(scope.series), limit + 1)
    contests = [tuple(row) for row in await connection.fetch(_CONTESTS, *values)]
    return measured(scope, placed, contests, page_end([row[0] for row in contests], limit, end))

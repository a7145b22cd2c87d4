"""Incidents, their ledger, and the readings that rules judge."""

import json
from typing import Any

import apsw

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
from storage.readings import BEGINNING, measured
from storage.rows import incident_page
from storage.sqlite.queries.readings import placed_readings, scope_of

_LARGEST_NUMBER = 2**63 - 1
_PROGRESS = "SELECT cursor, judged_ms, number, hash FROM alarm_progress"
_SETTINGS = "SELECT name, from_ms, body FROM alarm_setting ORDER BY from_ms, name"
_SETTINGS_NAMED = """
SELECT name, from_ms, body FROM alarm_setting WHERE name >= ? AND name < ? ORDER BY from_ms, name
"""
_STANDING = "SELECT standing FROM incident WHERE state <> 'CLOSED' OR end_ms >= ? ORDER BY opened"
_SERVICES = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE kind IN ('OUT_OF_SERVICE', 'IN_SERVICE') ORDER BY number
"""
_INCIDENTS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident
WHERE opened < :before AND (:site IS NULL OR site = :site) AND (:device IS NULL OR device = :device)
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:parent IS NULL OR CAST(standing AS TEXT) ->> 'suppressed_by' = :parent)
ORDER BY opened DESC LIMIT :rows
"""
_INCIDENT = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident WHERE id = ?
"""
_ROWS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms,
    standing
FROM incident WHERE opened > ? ORDER BY opened LIMIT ?
"""
_ENTRIES = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE number > ? ORDER BY number LIMIT ?
"""
_ENTRIES_OF = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE incident = ? AND number > ? ORDER BY number LIMIT ?
"""
_ENTRIES_OF_DEVICE = """
SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry
WHERE device = ? AND number > ? ORDER BY number LIMIT ?
"""
# The condition is that of the index event_of_hub, letter by letter.
_OF_HUB = """
SELECT number, type, body FROM event WHERE edge = 'hub' AND number > ? ORDER BY number LIMIT ?
"""
_CONTESTS = """
SELECT DISTINCT ts, series, value, quality FROM reading_conflict
WHERE ts >= :first AND ts < :end AND series IN (SELECT value FROM json_each(:series))
ORDER BY ts, series, value, quality LIMIT :rows
"""


def alarm_standing(connection: apsw.Connection, reaching_ms: int) -> AlarmStanding:
    """How far it was judged, head of the ledger, incidents, entries about devices' service, settings."""
    progress: list[Any] = connection.execute(_PROGRESS).fetchall()
    cursor, judged_ms, number, head = progress[0]
    return AlarmStanding(
        Judged(cursor, judged_ms),
        number,
        head,
        [standing for (standing,) in connection.execute(_STANDING, (reaching_ms,))],
        [EntryRow(*row) for row in connection.execute(_SERVICES)],
        [AlarmSetting(*row) for row in connection.execute(_SETTINGS)],
    )


def settings_named(connection: apsw.Connection, prefix: str) -> list[AlarmSetting]:
    """Those whose names begin with ``prefix``, which ends with a slash."""
    return [AlarmSetting(*row) for row in connection.execute(_SETTINGS_NAMED, bounds_of(prefix))]


def page_of_incidents(
    connection: apsw.Connection, wanted: IncidentFilter, *, limit: int, cursor: str | None
) -> Page:
    """Those opened last first; raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(INCIDENTS_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    values = {
        "before": before,
        "site": wanted.site,
        "device": wanted.device,
        "states": None if wanted.states is None else json.dumps(list(wanted.states)),
        "parent": wanted.explained_by,
        "rows": limit + 1,
    }
    rows = [IncidentRow(*row) for row in connection.execute(_INCIDENTS, values)]
    return incident_page(rows, limit)


def one_incident(connection: apsw.Connection, incident_id: str) -> Row | None:
    row: Any = connection.execute(_INCIDENT, (incident_id,)).fetchone()
    return None if row is None else incident_row(IncidentRow(*row))


def entries_after(
    connection: apsw.Connection, after: int, limit: int, incident_id: str | None, device: str | None
) -> list[EntryRow]:
    """The ledger, or one incident's or device's part of it, in order."""
    page = (min(after, _LARGEST_NUMBER), bounded(limit))
    if incident_id is not None:
        rows = connection.execute(_ENTRIES_OF, (incident_id, *page))
    elif device is not None:
        rows = connection.execute(_ENTRIES_OF_DEVICE, (device, *page))
    else:
        rows = connection.execute(_ENTRIES, page)
    return [EntryRow(*row) for row in rows]


def rows_after(connection: apsw.Connection, after: int, limit: int) -> list[IncidentRow]:
    """How incidents stand, in the order in which they were opened."""
    return [IncidentRow(*row) for row in connection.execute(_ROWS, (after, bounded(limit)))]


def events_of_hub(connection: apsw.Connection, after: int, limit: int) -> list[LoggedEvent]:
    """Events that were born at the hub, in the log's order."""
    rows = connection.execute(_OF_HUB, (after, bounded(limit)))
    return [LoggedEvent(*row) for row in rows]


def history(connection: apsw.Connection, wanted: ReadingFilter, limit: int) -> list[Measured]:
    """Readings and what contests them, by time, whole instants."""
    limit = max(1, min(limit, MOST_MEASURED))
    scope = scope_of(connection, wanted)
    placed = placed_readings(connection, scope, BEGINNING, limit + 1)
    end = page_end([ts for ts, _, _ in placed], limit, scope.end)
    values = {"first": scope.first, "end": end, "series": json.dumps(list(scope.series)), "rows": limit + 1}
    contests: list[Any] = connection.execute(_CONTESTS, values).fetchall()
    return measured(scope, placed, contests, page_end([row[0] for row in contests], limit, end))

"""The alarms' part of a transaction: entries, how incidents stand, and how far the log was judged."""

import apsw

from storage.incidents import AlarmChanges, LedgerMoved, moved
from storage.sqlite import notices

_NUMBER = "SELECT number FROM alarm_progress"
_INSERT_ENTRY = """
INSERT INTO incident_entry (number, incident, device, kind, at_ms, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PUT_INCIDENT = """
INSERT INTO incident (id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms,
    end_ms, standing)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET last = excluded.last, state = excluded.state, severity = excluded.severity,
    start_ms = excluded.start_ms, cleared_ms = excluded.cleared_ms, end_ms = excluded.end_ms,
    standing = excluded.standing
"""
_PROGRESS = "UPDATE alarm_progress SET cursor = ?, judged_ms = ?"
_SETTING = "INSERT INTO alarm_setting (name, from_ms, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_HEAD = "UPDATE alarm_progress SET number = ?, hash = ?"


def refusal(connection: apsw.Connection, changes: AlarmChanges) -> LedgerMoved | None:
    """Why these changes cannot be written now."""
    return moved(changes, int(connection.execute(_NUMBER).get))


def enter(connection: apsw.Connection, changes: AlarmChanges) -> None:
    """Write them in the running transaction."""
    connection.executemany(_INSERT_ENTRY, changes.entries)
    connection.executemany(_PUT_INCIDENT, changes.incidents)
    connection.executemany(_SETTING, changes.settings)
    if changes.notices:
        notices.enter(connection, changes.notices)
    if changes.judged:
        connection.execute(_PROGRESS, changes.judged)
    if changes.entries:
        connection.execute(_HEAD, (changes.last, changes.entries[-1].hash))

"""What goes, and when: the log keeps readings and camera health 7 days, tables keep readings 13 months."""

from typing import NamedTuple

from storage.retention import LOG_MS, MOST_ROWS_A_SLICE, READINGS_MS
from storage.sqlite.session import Session

# The list of types is that of the index event_expiring, letter by letter: otherwise SQLite cannot use it.
_DELETE_EVENTS = """
DELETE FROM event WHERE number IN (
    SELECT number FROM event
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1') AND received_ms < ?
    ORDER BY received_ms LIMIT ?
) RETURNING number
"""
_DELETE_READINGS = """
DELETE FROM reading WHERE (ts, series) IN (
    SELECT ts, series FROM reading WHERE ts < ? ORDER BY ts, series LIMIT ?)
"""
_DELETE_CONFLICTS = """
DELETE FROM reading_conflict WHERE (ts, series, number) IN (
    SELECT ts, series, number FROM reading_conflict WHERE ts < ? ORDER BY ts, series, number LIMIT ?)
"""


class Slice(NamedTuple):
    """What one call removed; ``deleted_number`` is the newest log number that is gone."""

    events: int
    readings: int
    deleted_number: int


def remove_expired(session: Session, now_ms: int) -> Slice:
    """Delete at most a thousand rows of each table, the oldest first."""
    connection = session.connection
    removed = [
        number for (number,) in connection.execute(_DELETE_EVENTS, (now_ms - LOG_MS, MOST_ROWS_A_SLICE))
    ]
    session.gains["events"] -= len(removed)
    deleted_number = max([session.deleted_number, *removed])
    connection.execute("UPDATE store SET deleted_number = ?", (deleted_number,))
    connection.execute(_DELETE_READINGS, (now_ms - READINGS_MS, MOST_ROWS_A_SLICE))
    readings = connection.changes()
    session.gains["readings"] -= readings
    connection.execute(_DELETE_CONFLICTS, (now_ms - READINGS_MS, MOST_ROWS_A_SLICE))
    return Slice(len(removed), readings, deleted_number)

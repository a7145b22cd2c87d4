"""Deletes what storage.retention lets go, in slices."""

from storage.chunks import DAY_MS
from storage.postgres.session import Session

LOG_MS = 7 * DAY_MS  # design 3, counted from arrival at the hub
READINGS_MS = 396 * DAY_MS  # 13 months (design 3), counted from the reading's own time
MOST_ROWS_A_SLICE = 1000

# The list of types is that of the index event_expiring: otherwise PostgreSQL cannot use it.
_DELETE_EVENTS = """
DELETE FROM event WHERE number = ANY(ARRAY(
    SELECT number FROM event
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1') AND received_ms < $1
    ORDER BY received_ms LIMIT $2
)) RETURNING number
"""
_DELETED_NUMBER = "UPDATE store SET deleted_number = greatest(deleted_number, $1)"
_DELETE_READINGS = """
DELETE FROM reading WHERE (ts, series) IN (
    SELECT ts, series FROM reading WHERE ts < $1 ORDER BY ts, series LIMIT $2)
"""
_DELETE_CONFLICTS = """
DELETE FROM reading_conflict WHERE (ts, series, number) IN (
    SELECT ts, series, number FROM reading_conflict WHERE ts < $1 ORDER BY ts, series, number LIMIT $2)
"""


async def remove_expired(session: Session, now_ms: int) -> None:
    """Delete at most a thousand rows of each table, the oldest first."""
    connection = session.connection
    removed = await connection.fetch(_DELETE_EVENTS, now_ms - LOG_MS, MOST_ROWS_A_SLICE)
    if removed:
        session.gains["events"] -= len(removed)
        await connection.execute(_DELETED_NUMBER, max(row[0] for row in removed))
    done = await connection.execute(_DELETE_READINGS, now_ms - READINGS_MS, MOST_ROWS_A_SLICE)
    session.gains["readings"] -= int(done.rpartition(" ")[2])
    await connection.execute(_DELETE_CONFLICTS, now_ms - READINGS_MS, MOST_ROWS_A_SLICE)

"""What goes, a few milliseconds at a time, and the ledger that proves it (storage/retention.py)."""

from collections.abc import Callable
from typing import Any

from storage.chunks import DAY_MS
from storage.gate_facts import without_visit
from storage.retention import (
    CAMERAS,
    CHAIN_BEGINS,
    HOURS,
    LOG,
    READINGS,
    VISITS,
    Deletion,
    Removed,
    Retention,
    digest,
)
from storage.rollup import unpack_day
from storage.sqlite.parts import compacted
from storage.sqlite.session import Session

ROWS_A_STEP = 100
DAYS_A_STEP = 20

# The list of types is that of the index event_expiring, letter by letter: otherwise SQLite cannot use it.
_DELETE_EVENTS = """
DELETE FROM event WHERE number IN (
    SELECT number FROM event
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1') AND received_ms < ?
    ORDER BY received_ms LIMIT ?
) RETURNING number, received_ms
"""
_DELETE_READINGS = """
DELETE FROM reading WHERE (ts, series) IN (
    SELECT ts, series FROM reading WHERE ts < ? ORDER BY ts, series LIMIT ?
) RETURNING ts, series
"""
_DELETE_CONFLICTS = """
DELETE FROM reading_conflict WHERE (ts, series, number) IN (
    SELECT ts, series, number FROM reading_conflict WHERE ts < ? ORDER BY ts, series, number LIMIT ?
) RETURNING ts
"""
_DELETE_MARKS = """
DELETE FROM reading_contested WHERE (ts, series) IN (
    SELECT ts, series FROM reading_contested WHERE ts < ? ORDER BY ts, series LIMIT ?
)
"""
# By series: their key begins with it, and none but the oldest of each is looked at.
_DELETE_CHUNKS = """
DELETE FROM reading_chunk WHERE (series, first_ts) IN (
    SELECT chunk.series, chunk.first_ts
    FROM series JOIN reading_chunk AS chunk ON chunk.series = series.series AND chunk.first_ts < ? LIMIT ?
) RETURNING first_ts, readings
"""
_DELETE_HOURS = """
DELETE FROM reading_hour WHERE (series, day) IN (
    SELECT hours.series, hours.day
    FROM series JOIN reading_hour AS hours ON hours.series = series.series AND hours.day < ? LIMIT ?
) RETURNING day, figures
"""
# As chunks: by camera, whose states are in the order of their ends.
_DELETE_PERIODS = """
DELETE FROM camera_period WHERE (device, from_ms, edge) IN (
    SELECT ended.device, ended.from_ms, ended.edge
    FROM camera JOIN camera_period AS ended ON ended.device = camera.device AND ended.to_ms < ? LIMIT ?
) RETURNING from_ms
"""
# What a camera told last goes after all that it told.
_DELETE_CAMERAS = """
DELETE FROM camera WHERE (edge, device) IN (
    SELECT edge, device FROM camera WHERE time_ms < ?
    AND NOT EXISTS (SELECT 1 FROM camera_period WHERE camera_period.device = camera.device) LIMIT ?
) RETURNING time_ms
"""
_EXPIRED_VISITS = """
SELECT number, edge, scan, time_ms, visit FROM gate_scan WHERE visit IS NOT NULL AND time_ms < ?
ORDER BY time_ms LIMIT ?
"""
# Every event about the scan: the visit's name may be part of what names them.
_ABOUT_SCAN = """
SELECT number, body FROM event WHERE number = :number OR number IN (
    SELECT number FROM gate_decision WHERE (edge, scan, current) = (:edge, :scan, 1)
    UNION ALL
    SELECT number FROM gate_passage WHERE (edge, scan, current) = (:edge, :scan, 1)
)
"""
_BLANK_EVENT = "UPDATE event SET body = ?, subject = replace(subject, ?, '') WHERE number = ?"
_BLANK_SCAN = "UPDATE gate_scan SET visit = NULL WHERE number = ?"
_DELETED_NUMBER = "UPDATE store SET deleted_number = max(deleted_number, ?)"
_NOTE = """
INSERT INTO deletion_open (class, from_ms, to_ms, rows) VALUES (?, ?, ?, ?)
ON CONFLICT (class) DO UPDATE SET from_ms = min(from_ms, excluded.from_ms),
    to_ms = max(to_ms, excluded.to_ms), rows = rows + excluded.rows
"""
_CLOSE = "DELETE FROM deletion_open WHERE class = ? RETURNING class, from_ms, to_ms, rows"
_LAST_DIGEST = "SELECT digest FROM deletion ORDER BY number DESC LIMIT 1"
_ENTER = "INSERT INTO deletion (class, from_ms, to_ms, rows, at_ms, digest) VALUES (?, ?, ?, ?, ?, ?)"


def remove_expired(
    session: Session, now_ms: int, retention: Retention, time_left: Callable[[], bool]
) -> bool:
    """Delete until the time is up; tells whether there is more. A class that is through gets its entry."""
    for name, removals in _REMOVALS.items():
        cut = retention.cut(name, now_ms)
        if session.swept.get(name) == cut:
            continue
        for removal in removals:
            while time_left():
                removed = removal(session, cut)
                if removed is None:
                    break
                if removed.rows:
                    session.connection.execute(_NOTE, (name, removed.oldest_ms, cut, removed.rows))
            else:
                return True
        _enter(session, name, now_ms)
        session.swept[name] = cut
    return False


def _enter(session: Session, name: str, now_ms: int) -> None:
    """Close what was noted of a class and chain it to the entries before."""
    row: Any = session.connection.execute(_CLOSE, (name,)).fetchone()
    if row is None:
        return
    deletion = Deletion._make((*row, now_ms))
    before = session.connection.execute(_LAST_DIGEST).get or CHAIN_BEGINS
    session.connection.execute(_ENTER, (*deletion, digest(before, deletion)))
    session.traces = True


def _events(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_EVENTS, (cut, ROWS_A_STEP)).fetchall()
    if not rows:
        return None
    session.gains["events"] -= len(rows)
    session.deleted_number = max(session.deleted_number, *(number for number, _ in rows))
    session.connection.execute(_DELETED_NUMBER, (session.deleted_number,))
    return Removed(len(rows), min(received_ms for _, received_ms in rows))


def _hot_readings(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_READINGS, (cut, ROWS_A_STEP)).fetchall()
    if not rows:
        return None
    session.interrupted = True  # compaction may have them in hand
    once = sum(
        compacted(session, series, ts) is None for ts, series in rows
    )  # the others go with their chunk
    session.gains["readings"] -= once
    return Removed(once, min(ts for ts, _ in rows))


def _conflicts(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_CONFLICTS, (cut, ROWS_A_STEP)).fetchall()
    return Removed(len(rows), min(ts for (ts,) in rows)) if rows else None


def _marks(session: Session, cut: int) -> Removed | None:
    """No readings of their own: what they are about is counted with the others."""
    session.connection.execute(_DELETE_MARKS, (cut, ROWS_A_STEP))
    return Removed(0, cut) if session.connection.changes() else None


def _chunks(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_CHUNKS, (cut, DAYS_A_STEP)).fetchall()
    if not rows:
        return None
    session.samples.clear()
    readings = sum(count for _, count in rows)
    session.gains["readings"] -= readings
    return Removed(readings, min(first_ts for first_ts, _ in rows))


def _hours(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_HOURS, (cut // DAY_MS, DAYS_A_STEP)).fetchall()
    if not rows:
        return None
    starts = [start for day, figures in rows for start in unpack_day(day, figures)]
    return Removed(len(starts), min(starts))


def _periods(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_PERIODS, (cut, ROWS_A_STEP)).fetchall()
    return Removed(len(rows), min(from_ms for (from_ms,) in rows)) if rows else None


def _cameras(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_DELETE_CAMERAS, (cut, ROWS_A_STEP)).fetchall()
    return Removed(len(rows), min(time_ms for (time_ms,) in rows)) if rows else None


def _visits(session: Session, cut: int) -> Removed | None:
    rows: list[Any] = session.connection.execute(_EXPIRED_VISITS, (cut, ROWS_A_STEP)).fetchall()
    for number, edge, scan, _, visit in rows:
        named = {"number": number, "edge": edge, "scan": scan}
        about: list[Any] = session.connection.execute(_ABOUT_SCAN, named).fetchall()
        for event, body in about:
            blank = without_visit(body, visit)
            if blank != body:
                session.connection.execute(_BLANK_EVENT, (blank, visit, event))
        session.connection.execute(_BLANK_SCAN, (number,))
    return Removed(len(rows), min(row[3] for row in rows)) if rows else None


Removal = Callable[[Session, int], Removed | None]
# Hot rows before chunks, which tell what is in both.
_REMOVALS: dict[str, tuple[Removal, ...]] = {
    LOG: (_events,),
    READINGS: (_hot_readings, _conflicts, _marks, _chunks),
    HOURS: (_hours,),
    CAMERAS: (_periods, _cameras),
    VISITS: (_visits,),
}

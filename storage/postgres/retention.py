"""What goes, some milliseconds at a time, and the ledger that proves it (storage/retention.py)."""

from collections.abc import Awaitable, Callable

from storage.chunks import DAY_MS
from storage.gate_facts import without_visit
from storage.postgres.entries import columns
from storage.postgres.parts import parts_at, sample_in
from storage.postgres.session import Session
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

ROWS_A_STEP = 500
DAYS_A_STEP = 20

# The list of types is that of the index event_expiring: otherwise PostgreSQL cannot use it.
_DELETE_EVENTS = """
DELETE FROM event WHERE number = ANY(ARRAY(
    SELECT number FROM event
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1') AND received_ms < $1
    ORDER BY received_ms LIMIT $2
)) RETURNING number, received_ms
"""
_DELETE_READINGS = """
DELETE FROM reading WHERE (ts, series) IN (
    SELECT ts, series FROM reading WHERE ts < $1 ORDER BY ts, series LIMIT $2
) RETURNING series, ts
"""
_DELETE_CONFLICTS = """
DELETE FROM reading_conflict WHERE (ts, series, number) IN (
    SELECT ts, series, number FROM reading_conflict WHERE ts < $1 ORDER BY ts, series, number LIMIT $2
) RETURNING ts
"""
_DELETE_MARKS = """
DELETE FROM reading_contested WHERE (ts, series) IN (
    SELECT ts, series FROM reading_contested WHERE ts < $1 ORDER BY ts, series LIMIT $2
)
"""
# By series: their key begins with it, and none but the oldest of each is looked at.
_DELETE_CHUNKS = """
DELETE FROM reading_chunk WHERE (series, first_ts) IN (
    SELECT chunk.series, chunk.first_ts
    FROM series JOIN reading_chunk AS chunk ON chunk.series = series.series AND chunk.first_ts < $1 LIMIT $2
) RETURNING first_ts, readings
"""
_DELETE_HOURS = """
DELETE FROM reading_hour WHERE (series, day) IN (
    SELECT hours.series, hours.day
    FROM series JOIN reading_hour AS hours ON hours.series = series.series AND hours.day < $1 LIMIT $2
) RETURNING day, figures
"""
# As chunks: by camera, whose states are in the order of their ends.
_DELETE_PERIODS = """
DELETE FROM camera_period WHERE (device, from_ms, edge) IN (
    SELECT ended.device, ended.from_ms, ended.edge
    FROM camera JOIN camera_period AS ended ON ended.device = camera.device AND ended.to_ms < $1 LIMIT $2
) RETURNING from_ms
"""
# What a camera told last goes after all that it told.
_DELETE_CAMERAS = """
DELETE FROM camera WHERE (edge, device) IN (
    SELECT edge, device FROM camera WHERE time_ms < $1
    AND NOT EXISTS (SELECT 1 FROM camera_period WHERE camera_period.device = camera.device) LIMIT $2
) RETURNING time_ms
"""
_EXPIRED_VISITS = """
SELECT number, edge, scan, time_ms, visit FROM gate_scan WHERE visit IS NOT NULL AND time_ms < $1
ORDER BY time_ms LIMIT $2
"""
# Every event about the scan: the visit's name may be part of what names them.
_ABOUT_SCANS = """
SELECT key.visit, event.number, event.body
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS key (number, edge, scan, visit)
LEFT JOIN gate_decision AS decision
    ON decision.edge = key.edge AND decision.scan = key.scan AND decision.current
LEFT JOIN gate_passage AS passage
    ON passage.edge = key.edge AND passage.scan = key.scan AND passage.current
JOIN event ON event.number IN (key.number, decision.number, passage.number)
"""
_BLANK_EVENTS = """
UPDATE event SET body = blank.body, subject = replace(event.subject, blank.visit, '')
FROM unnest($1::bigint[], $2::bytea[], $3::text[]) AS blank (number, body, visit)
WHERE event.number = blank.number
"""
_BLANK_SCANS = "UPDATE gate_scan SET visit = NULL WHERE number = ANY($1::bigint[])"
_DELETED_NUMBER = "UPDATE store SET deleted_number = greatest(deleted_number, $1)"
_NOTE = """
INSERT INTO deletion_open (class, from_ms, to_ms, rows) VALUES ($1, $2, $3, $4)
ON CONFLICT (class) DO UPDATE SET from_ms = least(deletion_open.from_ms, excluded.from_ms),
    to_ms = greatest(deletion_open.to_ms, excluded.to_ms), rows = deletion_open.rows + excluded.rows
"""
_CLOSE = "DELETE FROM deletion_open WHERE class = $1 RETURNING class, from_ms, to_ms, rows"
_LAST_DIGEST = "SELECT digest FROM deletion ORDER BY number DESC LIMIT 1"
_ENTER = """
INSERT INTO deletion (class, from_ms, to_ms, rows, at_ms, digest) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def remove_expired(
    session: Session, now_ms: int, retention: Retention, time_left: Callable[[], bool]
) -> bool:
    """Delete until the time is up; tells whether there is more. A class that is through gets its entry."""
    for name, removals in _REMOVALS.items():
        cut = retention.cut(name, now_ms)
        if session.swept.get(name) == cut:
            continue
        for removal in removals:
            while time_left():
                removed = await removal(session, cut)
                if removed is None:
                    break
                if removed.rows:
                    await session.connection.execute(_NOTE, name, removed.oldest_ms, cut, removed.rows)
            else:
                return True
        await _enter(session, name, now_ms)
        session.swept[name] = cut
    return False


async def _enter(session: Session, name: str, now_ms: int) -> None:
    """Close what was noted of a class and chain it to the entries before."""
    row = await session.connection.fetchrow(_CLOSE, name)
    if row is None:
        return
    deletion = Deletion._make((*row, now_ms))
    before = await session.connection.fetchval(_LAST_DIGEST) or CHAIN_BEGINS
    await session.connection.execute(_ENTER, *deletion, digest(before, deletion))


async def _events(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_EVENTS, cut, ROWS_A_STEP)
    if not rows:
        return None
    session.gains["events"] -= len(rows)
    session.deleted_number = max(session.deleted_number, *(number for number, _ in rows))
    await session.connection.execute(_DELETED_NUMBER, session.deleted_number)
    return Removed(len(rows), min(received_ms for _, received_ms in rows))


async def _hot_readings(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_READINGS, cut, ROWS_A_STEP)
    if not rows:
        return None
    session.interrupted = True  # compaction may have them in hand
    parts = await parts_at(session, ((series, ts) for series, ts in rows))
    twice = 0  # they go with their chunk
    for (series, ts), part in parts.items():
        twice += await sample_in(session, series, part, ts) is not None
    session.gains["readings"] -= len(rows) - twice
    return Removed(len(rows) - twice, min(ts for _, ts in rows))


async def _conflicts(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_CONFLICTS, cut, ROWS_A_STEP)
    return Removed(len(rows), min(ts for (ts,) in rows)) if rows else None


async def _marks(session: Session, cut: int) -> Removed | None:
    """No readings of their own: what they are about is counted with the others."""
    done = await session.connection.execute(_DELETE_MARKS, cut, ROWS_A_STEP)
    return Removed(0, cut) if done != "DELETE 0" else None


async def _chunks(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_CHUNKS, cut, DAYS_A_STEP)
    if not rows:
        return None
    session.samples.clear()
    readings = sum(count for _, count in rows)
    session.gains["readings"] -= readings
    return Removed(readings, min(first_ts for first_ts, _ in rows))


async def _hours(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_HOURS, cut // DAY_MS, DAYS_A_STEP)
    if not rows:
        return None
    starts = [start for day, figures in rows for start in unpack_day(day, figures)]
    return Removed(len(starts), min(starts))


async def _periods(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_PERIODS, cut, ROWS_A_STEP)
    return Removed(len(rows), min(from_ms for (from_ms,) in rows)) if rows else None


async def _cameras(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_DELETE_CAMERAS, cut, ROWS_A_STEP)
    return Removed(len(rows), min(time_ms for (time_ms,) in rows)) if rows else None


async def _visits(session: Session, cut: int) -> Removed | None:
    rows = await session.connection.fetch(_EXPIRED_VISITS, cut, ROWS_A_STEP)
    if not rows:
        return None
    named = [(number, edge, scan, visit) for number, edge, scan, _, visit in rows]
    about = await session.connection.fetch(_ABOUT_SCANS, *columns(named, 4))
    blank = [(number, without_visit(body, visit), visit) for visit, number, body in about]
    await session.connection.execute(_BLANK_EVENTS, *columns(blank, 3))
    await session.connection.execute(_BLANK_SCANS, [number for number, *_ in named])
    return Removed(len(rows), min(time_ms for _, _, _, time_ms, _ in rows))


Removal = Callable[[Session, int], Awaitable[Removed | None]]
# Hot rows before chunks, which tell what is in both.
_REMOVALS: dict[str, tuple[Removal, ...]] = {
    LOG: (_events,),
    READINGS: (_hot_readings, _conflicts, _marks, _chunks),
    HOURS: (_hours,),
    CAMERAS: (_periods, _cameras),
    VISITS: (_visits,),
}

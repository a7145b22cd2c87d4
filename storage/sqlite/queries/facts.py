"""Devices, the log, commands, holes, and what the store knows about itself."""

from pathlib import Path
from typing import Any

import apsw

from storage.contract import CursorGone, Figures, LoggedEvent, Page, Row, Watermark
from storage.cursors import bounded, decode, encode
from storage.retention import Deletion, deletion_row
from storage.rows import device_row, event_row, hole_row
from storage.sqlite.schema import version_of

# A page ends early at this size, so that a thousand of the largest events cannot fill the memory.
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
DELETIONS_KIND = "deletions"
_LARGEST_NUMBER = 2**63 - 1

_DEVICES = """
SELECT device, site, edge, kind, state, reason, since_ms, last_message_ms, clock_offset_s, profile FROM device
ORDER BY site, device, edge
"""
_EVENTS = "SELECT number, type, body FROM event WHERE number > ? ORDER BY number LIMIT ?"
_COMMAND = """
SELECT event.body FROM command_result JOIN event ON event.number = command_result.number
WHERE command_result.command = ? LIMIT 1
"""
_HOLES = """
SELECT epoch.edge, epoch.epoch, first, last, reason, received_ms
FROM hole JOIN epoch ON epoch.number = hole.epoch
ORDER BY received_ms DESC, hole.epoch DESC, first DESC LIMIT ?
"""
_FIGURES = """
SELECT id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0),
    events, results, readings, poison
FROM store
"""
_DELETIONS = """
SELECT number, class, from_ms, to_ms, rows, at_ms, digest FROM deletion
WHERE number < ? ORDER BY number DESC LIMIT ?
"""
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"


def devices(connection: apsw.Connection) -> list[Row]:
    """By site and id; a device of which no status came is UNKNOWN."""
    return [device_row(*row) for row in connection.execute(_DEVICES)]


def events_after(connection: apsw.Connection, after: int, limit: int) -> list[LoggedEvent]:
    """The log after number ``after``; raises CursorGone when retention removed some of it."""
    deleted_number = connection.execute("SELECT deleted_number FROM store").get or 0
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    events: list[LoggedEvent] = []
    size = 0
    for number, event_type, body in connection.execute(
        _EVENTS, (min(after, _LARGEST_NUMBER), bounded(limit))
    ):
        if size > LARGEST_PAGE_BYTES:
            break
        events.append(LoggedEvent(number, event_type, body))
        size += len(body)
    return events


def command(connection: apsw.Connection, command_id: str) -> Row | None:
    """The event that says how a command ended; None while it has not."""
    body = connection.execute(_COMMAND, (command_id,)).get
    return None if body is None else event_row(body)


def holes(connection: apsw.Connection, limit: int) -> list[Row]:
    """Rows that will never come, the newest declaration first."""
    return [hole_row(*row) for row in connection.execute(_HOLES, (bounded(limit),))]


def page_of_deletions(connection: apsw.Connection, *, limit: int, cursor: str | None) -> Page:
    """The ledger of retention, newest first; ``digest`` chains it; raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(DELETIONS_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    rows: list[Any] = connection.execute(_DELETIONS, (before, limit + 1)).fetchall()
    items = [deletion_row(number, Deletion(*rest), digest) for number, *rest, digest in rows[:limit]]
    return Page(items, encode(DELETIONS_KIND, rows[limit - 1][0]) if len(rows) > limit else None)


def figures(connection: apsw.Connection, path: Path) -> Figures:
    """Counts as the writer keeps them, and the bytes of the database with its WAL."""
    counted: list[Any] = connection.execute(_FIGURES).fetchall()
    store, last_number, events, results, readings, poison = counted[0]
    return Figures(
        store=store,
        schema=version_of(connection),
        last_number=last_number,
        events=events,
        results=results,
        readings=readings,
        poison=poison,
        bytes=_size(path) + _size(path.with_name(path.name + "-wal")),
        watermarks=tuple(Watermark(*row) for row in connection.execute(_WATERMARKS)),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

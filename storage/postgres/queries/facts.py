"""Devices, the log, commands, holes, and what the store knows about itself."""

import asyncpg

from storage.contract import CursorGone, Figures, LoggedEvent, Page, Row, Watermark
from storage.cursors import bounded, decode, encode
from storage.postgres.schema import version_of
from storage.retention import Deletion, deletion_row
from storage.rows import device_row, event_row, hole_row

DELETIONS_KIND = "deletions"
# A page ends early at this size, so that a thousand of the largest events cannot fill the memory.
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
_LARGEST_NUMBER = 2**63 - 1

_DEVICES = """
SELECT device, site, edge, kind, state, reason, since_ms, last_message_ms, clock_offset_s, profile FROM device
ORDER BY site, device, edge
"""
_DELETED_NUMBER = "SELECT deleted_number FROM store"
# Sizes are known without reading the bodies.
_EVENTS = """
SELECT number, type, body FROM (
    SELECT number, type, body, sum(octet_length(body)) OVER (ORDER BY number) - octet_length(body) AS before
    FROM (SELECT number, type, body FROM event WHERE number > $1 ORDER BY number LIMIT $2) AS page
) AS sized
WHERE before <= $3 ORDER BY number
"""
_COMMAND = """
SELECT event.body FROM command_result JOIN event ON event.number = command_result.number
WHERE command_result.command = $1 LIMIT 1
"""
_HOLES = """
SELECT epoch.edge, epoch.epoch, first, last, reason, received_ms
FROM hole JOIN epoch ON epoch.number = hole.epoch
ORDER BY received_ms DESC, hole.epoch DESC, first DESC LIMIT $1
"""
_FIGURES = "SELECT id, last_number, events, results, readings, poison FROM store"
_BYTES = """
SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'store'::regclass) AND relkind = 'r'
"""
_DELETIONS = """
SELECT number, class, from_ms, to_ms, rows, at_ms, digest FROM deletion
WHERE number < $1 ORDER BY number DESC LIMIT $2
"""
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"


async def devices(connection: asyncpg.Connection) -> list[Row]:
    """By site and id; a device of which no status came is UNKNOWN."""
    return [device_row(*row) for row in await connection.fetch(_DEVICES)]


async def events_after(connection: asyncpg.Connection, after: int, limit: int) -> list[LoggedEvent]:
    """The log after number ``after``; raises CursorGone when retention removed some of it."""
    deleted_number = await connection.fetchval(_DELETED_NUMBER) or 0
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    wanted = (min(after, _LARGEST_NUMBER), bounded(limit), LARGEST_PAGE_BYTES)
    return [LoggedEvent(*row) for row in await connection.fetch(_EVENTS, *wanted)]


async def command(connection: asyncpg.Connection, command_id: str) -> Row | None:
    """The event that says how a command ended; None while it has not."""
    body = None if "\0" in command_id else await connection.fetchval(_COMMAND, command_id)
    return None if body is None else event_row(body)


async def holes(connection: asyncpg.Connection, limit: int) -> list[Row]:
    """Rows that will never come, the newest declaration first."""
    return [hole_row(*row) for row in await connection.fetch(_HOLES, bounded(limit))]


async def page_of_deletions(connection: asyncpg.Connection, *, limit: int, cursor: str | None) -> Page:
    """The ledger of retention, newest first; ``digest`` chains it; raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(DELETIONS_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    rows = await connection.fetch(_DELETIONS, before, limit + 1)
    items = [deletion_row(number, Deletion(*rest), digest) for number, *rest, digest in rows[:limit]]
    return Page(items, encode(DELETIONS_KIND, rows[limit - 1][0]) if len(rows) > limit else None)


async def figures(connection: asyncpg.Connection) -> Figures:
    """Counts as the writer keeps them, and the bytes of the tables with their indices."""
    store, last_number, events, results, readings, poison = await connection.fetchrow(_FIGURES)
    return Figures(
        store=store,
        schema=await version_of(connection),
        last_number=last_number,
        events=events,
        results=results,
        readings=readings,
        poison=poison,
        bytes=await connection.fetchval(_BYTES),
        watermarks=tuple(Watermark(*row) for row in await connection.fetch(_WATERMARKS)),
    )

"""Destinations: how far they are, their outbox, and the pages of the log that they follow."""

from collections.abc import Collection, Sequence

import asyncpg

from storage.contract import CursorGone, LoggedEvent, Page
from storage.cursors import bounded, decode, encode
from storage.destination_rows import OUTBOX_KIND, outbox_row
from storage.destinations import MOST_BODIES, DestinationRow, FeedPage, OutboxCount, OutboxRow, OutboxState
from storage.postgres.destination_rows import COLUMNS, OUTBOX_COLUMNS
from storage.postgres.queries.projections import ENDS
from storage.projection_rows import NOTHING_YET, looked_at

LARGEST_PAGE_BYTES = 8 * 1024 * 1024
MOST_EVENTS = 5000

_ROWS = f"SELECT {COLUMNS} FROM destination ORDER BY name"  # noqa: S608  our own column names
_COUNTS = """
SELECT destination, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead'),
    coalesce(min(first_ms) FILTER (WHERE state = 'waiting' AND first_ms > 0), 0)
FROM outbox GROUP BY destination
"""
_OUTBOX = f"""
SELECT {OUTBOX_COLUMNS} FROM outbox
WHERE destination = $1 AND state = $2 AND number > $3 ORDER BY number LIMIT $4
"""  # noqa: S608
_EVENTS = """
SELECT number, type, body FROM (
    SELECT number, type, body, sum(length(body)) OVER (ORDER BY number) - length(body) AS before
    FROM (
        SELECT number, type, body FROM event
        WHERE number > $1 AND number <= $2 AND ($3::text[] IS NULL OR type = ANY($3::text[]))
        ORDER BY number LIMIT $4
    ) AS page
) AS sized
WHERE before <= $5 ORDER BY number
"""
_LOGGED = "SELECT number, type, body FROM event WHERE number = ANY($1::bigint[]) ORDER BY number"


async def rows(connection: asyncpg.Connection) -> list[DestinationRow]:
    return [DestinationRow(*row) for row in await connection.fetch(_ROWS)]


async def counts(connection: asyncpg.Connection) -> dict[str, OutboxCount]:
    return {row[0]: OutboxCount(*tuple(row)[1:]) for row in await connection.fetch(_COUNTS)}


async def page_of_outbox(
    connection: asyncpg.Connection, name: str, state: OutboxState, *, limit: int, cursor: str | None
) -> Page:
    """Raises BadCursor."""
    limit = bounded(limit)
    after = int(decode(OUTBOX_KIND, cursor, (int,))[0]) if cursor is not None else 0
    found = await outbox_rows(connection, name, after, limit + 1, state)
    next_cursor = encode(OUTBOX_KIND, found[limit - 1].number) if len(found) > limit else None
    return Page([outbox_row(row) for row in found[:limit]], next_cursor)


async def outbox_rows(
    connection: asyncpg.Connection, name: str, after: int, limit: int, state: OutboxState
) -> list[OutboxRow]:
    if "\0" in name:
        return []
    return [OutboxRow(*row) for row in await connection.fetch(_OUTBOX, name, state, after, limit)]


async def feed_page(
    connection: asyncpg.Connection, after: int, limit: int, types: Collection[str] | None
) -> FeedPage:
    """Raises CursorGone."""
    deleted_number, _, last_number, first = await connection.fetchrow(ENDS, after) or NOTHING_YET
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    last = looked_at(after, first, last_number)
    if first is None:
        return FeedPage([], last)
    limit = max(1, min(limit, MOST_EVENTS))
    wanted = None if types is None else list(types)
    found = await connection.fetch(_EVENTS, after, last, wanted, limit, LARGEST_PAGE_BYTES)
    events = [LoggedEvent(*row) for row in found]
    full = len(events) == limit or sum(len(event.body) for event in events) > LARGEST_PAGE_BYTES
    return FeedPage(events, events[-1].number if full else last)


async def logged(connection: asyncpg.Connection, numbers: Sequence[int]) -> list[LoggedEvent]:
    return [LoggedEvent(*row) for row in await connection.fetch(_LOGGED, list(numbers[:MOST_BODIES]))]

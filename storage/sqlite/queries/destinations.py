"""Destinations: how far they are, their outbox, and the pages of the log that they follow."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import apsw

from storage.contract import CursorGone, LoggedEvent, Page
from storage.cursors import bounded, decode, encode
from storage.destination_rows import OUTBOX_KIND, outbox_row
from storage.destinations import MOST_BODIES, DestinationRow, FeedPage, OutboxCount, OutboxRow, OutboxState
from storage.projection_rows import looked_at
from storage.sqlite.destination_rows import COLUMNS, OUTBOX_COLUMNS

LARGEST_PAGE_BYTES = 8 * 1024 * 1024
MOST_EVENTS = 5000

_ROWS = f"SELECT {COLUMNS} FROM destination ORDER BY name"  # noqa: S608  our own column names
_COUNTS = """
SELECT destination, sum(state = 'waiting'), sum(state = 'dead'),
    coalesce(min(CASE WHEN state = 'waiting' AND first_ms > 0 THEN first_ms END), 0)
FROM outbox GROUP BY destination
"""
_OUTBOX = f"""
SELECT {OUTBOX_COLUMNS} FROM outbox
WHERE destination = ? AND state = ? AND number > ? ORDER BY number LIMIT ?
"""  # noqa: S608
# The first number after a restore lies far ahead (storage/restored.py).
_ENDS = """
SELECT deleted_number, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0),
    (SELECT number FROM event WHERE number > ? ORDER BY number LIMIT 1)
FROM store
"""
_EVENTS = "SELECT number, type, body FROM event WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"
_EVENTS_OF_TYPES = """
SELECT number, type, body FROM event
WHERE number > ? AND number <= ? AND type IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT ?
"""
_LOGGED = """
SELECT number, type, body FROM event WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number
"""


def rows(connection: apsw.Connection) -> list[DestinationRow]:
    found: list[Any] = connection.execute(_ROWS).fetchall()
    return [DestinationRow(*row) for row in found]


def counts(connection: apsw.Connection) -> dict[str, OutboxCount]:
    found: list[Any] = connection.execute(_COUNTS).fetchall()
    return {row[0]: OutboxCount(*row[1:]) for row in found}


def page_of_outbox(
    connection: apsw.Connection, name: str, state: OutboxState, *, limit: int, cursor: str | None
) -> Page:
    """Raises BadCursor."""
    limit = bounded(limit)
    after = int(decode(OUTBOX_KIND, cursor, (int,))[0]) if cursor is not None else 0
    found = outbox_rows(connection, name, after, limit + 1, state)
    next_cursor = encode(OUTBOX_KIND, found[limit - 1].number) if len(found) > limit else None
    return Page([outbox_row(row) for row in found[:limit]], next_cursor)


def outbox_rows(
    connection: apsw.Connection, name: str, after: int, limit: int, state: OutboxState
) -> list[OutboxRow]:
    found: list[Any] = connection.execute(_OUTBOX, (name, state, after, limit)).fetchall()
    return [OutboxRow(*row) for row in found]


def feed_page(connection: apsw.Connection, after: int, limit: int, types: Collection[str] | None) -> FeedPage:
    """Raises CursorGone."""
    ends: Any = connection.execute(_ENDS, (after,)).fetchone()
    deleted_number, last_number, first = ends or (0, 0, None)
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    last = looked_at(after, first, last_number)
    if first is None:
        return FeedPage([], last)
    limit = max(1, min(limit, MOST_EVENTS))
    if types is None:
        cursor = connection.execute(_EVENTS, (after, last, limit))
    else:
        cursor = connection.execute(_EVENTS_OF_TYPES, (after, last, json.dumps(list(types)), limit))
    events: list[LoggedEvent] = []
    size = 0
    for row in cursor:
        events.append(LoggedEvent(*row))
        size += len(row[2])
        if size > LARGEST_PAGE_BYTES or len(events) == limit:
            return FeedPage(events, row[0])
    return FeedPage(events, last)


def logged(connection: apsw.Connection, numbers: Sequence[int]) -> list[LoggedEvent]:
    wanted = json.dumps(list(numbers[:MOST_BODIES]))
    return [LoggedEvent(*row) for row in connection.execute(_LOGGED, (wanted,))]

"""What waits for a person, at the edges (quarantine.v1) and at the hub (poison)."""

import asyncpg

from hub.events import decode_event
from hub.identity import id_bytes
from storage.contract import BadCursor, Page, Row
from storage.cursors import bounded, decode, encode
from storage.rows import poison_row, quarantine_row

KIND = "quarantine"
_NEWEST = (2**63 - 1, "ff")

# One page of each side in one order; what waits at the hub has no other state than WAITING.
_PAGE = """
(
    SELECT quarantine.received_ms AS received_ms, quarantine.id AS id,
           event.body AS body, NULL AS edge, NULL AS topic, NULL AS reason, NULL AS size
    FROM quarantine JOIN event ON event.number = quarantine.number
    WHERE ($1::text IS NULL OR state = $1)
        AND (quarantine.received_ms, quarantine.id) < ($2::bigint, $3::bytea)
    ORDER BY quarantine.received_ms DESC, quarantine.id DESC LIMIT $4
)
UNION ALL
(
    SELECT received_ms, digest, NULL, edge, topic, reason, octet_length(body)
    FROM poison
    WHERE ($1::text IS NULL OR $1 = 'WAITING') AND (received_ms, digest) < ($2::bigint, $3::bytea)
    ORDER BY received_ms DESC, digest DESC LIMIT $4
)
ORDER BY received_ms DESC, id DESC LIMIT $4
"""
_EVENT = "SELECT body FROM event WHERE id = $1"
_ENTRY = """
SELECT quarantine.id, event.body FROM quarantine JOIN event ON event.number = quarantine.number
WHERE quarantine.source = $1 AND quarantine.subject = $2
"""
_POISON = """
SELECT digest, edge, topic, received_ms, reason, octet_length(body) FROM poison
WHERE digest >= $1 AND digest <= $2 LIMIT 1
"""


async def page_of_quarantine(
    connection: asyncpg.Connection, state: str | None, *, limit: int, cursor: str | None
) -> Page:
    """Newest arrival first; raises BadCursor."""
    limit = bounded(limit)
    after_ms, after_id = decode(KIND, cursor, (int, str)) if cursor is not None else _NEWEST
    if state is not None and "\0" in state:
        return Page([])
    rows = await connection.fetch(_PAGE, state, after_ms, _key(str(after_id)), limit + 1)
    items = [_row(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(items)
    last = rows[limit - 1]
    return Page(items, encode(KIND, last["received_ms"], last["id"].hex()))


async def one_entry(connection: asyncpg.Connection, entry_id: str) -> Row | None:
    """By the entry's id, or that of any event that told how it stands."""
    try:
        key = id_bytes(entry_id)
    except ValueError:
        return None
    body = await connection.fetchval(_EVENT, key)
    if body is not None:
        return await _waiting_at_edge(connection, body)
    found = await connection.fetchrow(_POISON, key, key + b"\xff" * 16)
    return None if found is None else poison_row(*found)


async def _waiting_at_edge(connection: asyncpg.Connection, body: bytes) -> Row | None:
    event = decode_event(body)
    found = await connection.fetchrow(_ENTRY, event.source, event.subject)
    return None if found is None else quarantine_row(*found)


def _key(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise BadCursor("cursor.malformed") from error


def _row(
    received_ms: int,
    entry_id: bytes,
    body: bytes | None,
    edge: str,
    topic: str,
    reason: str,
    size: int,
) -> Row:
    if body is not None:
        return quarantine_row(entry_id, body)
    return poison_row(entry_id, edge, topic, received_ms, reason, size)

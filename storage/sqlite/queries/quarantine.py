"""What waits for a person, at the edges (quarantine.v1) and at the hub (poison)."""

from typing import Any

import apsw

from hub.events import decode_event
from hub.identity import id_bytes
from storage.contract import BadCursor, Page, Row
from storage.cursors import bounded, decode, encode
from storage.rows import poison_row, quarantine_row

KIND = "quarantine"
_NEWEST = (2**63 - 1, "ff")

# One page of each side in one order; what waits at the hub has no other state than WAITING.
_PAGE = """
SELECT * FROM (
    SELECT quarantine.received_ms AS received_ms, quarantine.id AS id,
           event.body AS body, NULL AS edge, NULL AS topic, NULL AS reason, NULL AS size
    FROM quarantine JOIN event ON event.number = quarantine.number
    WHERE (:state IS NULL OR state = :state)
        AND (quarantine.received_ms, quarantine.id) < (:after_ms, :after_id)
    ORDER BY quarantine.received_ms DESC, quarantine.id DESC LIMIT :rows
)
UNION ALL
SELECT * FROM (
    SELECT received_ms, digest, NULL, edge, topic, reason, length(body)
    FROM poison
    WHERE (:state IS NULL OR :state = 'WAITING') AND (received_ms, digest) < (:after_ms, :after_id)
    ORDER BY received_ms DESC, digest DESC LIMIT :rows
)
ORDER BY received_ms DESC, id DESC LIMIT :rows
"""
_ENTRY = """
SELECT quarantine.id, event.body FROM quarantine JOIN event ON event.number = quarantine.number
WHERE quarantine.source = ? AND quarantine.subject = ?
"""
_POISON = """
SELECT digest, edge, topic, received_ms, reason, length(body) FROM poison
WHERE digest >= :low AND digest <= :high LIMIT 1
"""


def page_of_quarantine(
    connection: apsw.Connection, state: str | None, *, limit: int, cursor: str | None
) -> Page:
    """Newest arrival first; raises BadCursor."""
    limit = bounded(limit)
    after_ms, after_id = decode(KIND, cursor, (int, str)) if cursor is not None else _NEWEST
    values = {"state": state, "after_ms": after_ms, "after_id": _key(str(after_id)), "rows": limit + 1}
    rows: list[Any] = connection.execute(_PAGE, values).fetchall()
    items = [_row(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(items)
    received_ms, last_id, *_ = rows[limit - 1]
    return Page(items, encode(KIND, received_ms, last_id.hex()))


def one_entry(connection: apsw.Connection, entry_id: str) -> Row | None:
    """By the entry's id, or that of any event that told how it stands."""
    try:
        key = id_bytes(entry_id)
    except ValueError:
        return None
    body = connection.execute("SELECT body FROM event WHERE id = ?", (key,)).get
    if body is not None:
        return _waiting_at_edge(connection, body)
    span = {"low": key, "high": key + b"\xff" * 16}
    found = connection.execute(_POISON, span).fetchone()
    return None if found is None else poison_row(*found)


def _waiting_at_edge(connection: apsw.Connection, body: bytes) -> Row | None:
    event = decode_event(body)
    found = connection.execute(_ENTRY, (event.source, event.subject)).fetchone()
    return None if found is None else quarantine_row(*found)


def _key(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise BadCursor("cursor.malformed") from error


def _row(row: tuple[Any, ...]) -> Row:
    received_ms, entry_id, body, edge, topic, reason, size = row
    if body is not None:
        return quarantine_row(entry_id, body)
    return poison_row(entry_id, edge, topic, received_ms, reason, size)

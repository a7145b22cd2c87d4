"""What both dialects write of a destination: checked, and the row after it (storage/destinations.py)."""

import re
from collections.abc import Iterable
from dataclasses import replace

from hub.events import format_time
from storage.contract import Row
from storage.destinations import (
    LONGEST_REASON,
    MOST_REPLAYED,
    DestinationChange,
    DestinationMoved,
    DestinationOrder,
    DestinationRow,
    OutboxRow,
)

OUTBOX_KIND = "outbox"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_ORDER = re.compile(r"[0-9a-f]{32}\Z")
_LONGEST_WORD = 128
_LARGEST_INTEGER = 2**63 - 1


def require(change: DestinationChange) -> None:
    """Raises ValueError for what no table holds."""
    _require_name(change.name)
    counts = (change.number or 0, change.wanted, change.taken, change.forgotten, *change.gone)
    if not all(0 <= each <= _LARGEST_INTEGER for each in counts):
        raise ValueError("destination.number")
    _require_words(change.disabled or "", change.target or "")
    _require_rows(change.put)


def require_order(order: DestinationOrder) -> None:
    """The same of what a person decides."""
    _require_name(order.name)
    _require_words(order.paused_by or "")
    if len(order.replay) + len(order.drop) > MOST_REPLAYED:
        raise ValueError("destination.too_many")
    if any(row.state != "waiting" for row in order.replay):
        raise ValueError("destination.state")
    _require_rows(order.replay)


def settled(known: DestinationRow | None, change: DestinationChange, now_ms: int) -> DestinationRow:
    """The row after the change; raises DestinationMoved."""
    row = known or DestinationRow(change.name)
    if row.version != change.version:
        raise DestinationMoved(change.name)
    if change.begin:
        row = _anew(row)
    if change.number is not None and change.number < row.number:
        raise ValueError("destination.number")
    return replace(
        row,
        version=row.version + 1,
        number=row.number if change.number is None else change.number,
        target=row.target if change.target is None else change.target,
        disabled=row.disabled if change.disabled is None else change.disabled,
        wanted=row.wanted + change.wanted,
        taken=row.taken + change.taken,
        forgotten=row.forgotten + change.forgotten,
        settled_at_ms=now_ms,
    )


def ordered(
    known: DestinationRow, order: DestinationOrder, now_ms: int, *, added: int, dropped: int
) -> DestinationRow:
    """The row after a person's order; ``added``: rows that were not there."""
    row = replace(
        known, edited=known.edited + 1, replayed=known.replayed + added, dropped=known.dropped + dropped
    )
    if order.paused_by is None:
        return row
    since = now_ms if order.paused_by else 0
    disabled = row.disabled if order.paused_by else ""
    return replace(row, paused_by=order.paused_by, paused_since_ms=since, disabled=disabled)


def or_raise(told: int | Exception) -> int:
    """What a transaction refused before it wrote anything: the writer itself goes on."""
    if isinstance(told, Exception):
        raise told
    return told


def outbox_row(row: OutboxRow) -> Row:
    """As the API gives it."""
    return {
        "number": row.number,
        "event": row.event_id,
        "event_type": row.type,
        "state": row.state,
        "attempts": row.attempts,
        "first_failed": format_time(row.first_ms) if row.first_ms else None,
        "next_attempt": format_time(row.next_ms) if row.state == "waiting" and row.next_ms else None,
        "reason": row.reason,
    }


def _anew(row: DestinationRow) -> DestinationRow:
    return DestinationRow(
        row.name, row.version, row.edited, paused_by=row.paused_by, paused_since_ms=row.paused_since_ms
    )


def _require_name(name: str) -> None:
    if not _NAME.match(name):
        raise ValueError("destination.name")


def _require_words(*words: str) -> None:
    if any(len(word) > _LONGEST_WORD or "\0" in word for word in words):
        raise ValueError("destination.text")


def _require_rows(rows: Iterable[OutboxRow]) -> None:
    for row in rows:
        numbers = (row.number, row.attempts, row.first_ms, row.next_ms)
        if not all(0 <= each <= _LARGEST_INTEGER for each in numbers):
            raise ValueError("outbox.number")
        if not _ORDER.match(row.order) or row.state not in ("waiting", "dead"):
            raise ValueError("outbox.row")
        _require_words(row.event_id, row.type)
        if len(row.reason) > LONGEST_REASON or "\0" in row.reason:
            raise ValueError("outbox.reason")

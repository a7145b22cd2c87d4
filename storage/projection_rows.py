"""What both dialects write of a projection: checked, cut and named (storage/projections.py)."""

import re
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from hub.events import format_time
from storage.contract import Row
from storage.projections import (
    HISTORY_SENT,
    LONGEST_LINE,
    LONGEST_REASON,
    MOST_LOOKED_AT,
    ProjectionChange,
    ProjectionRow,
    Rejected,
)

REJECTED_KIND = "rejected"
# Of a store whose hub is just opening it: deleted number, events, last number, first after a cursor.
NOTHING_YET = (0, 0, 0, None)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
# Who paused it, what it stands for.
_LONGEST_WORD = 128
_LARGEST_INTEGER = 2**63 - 1
_LATEST_DAY = 10**8
_LATEST_MS = 253_402_300_799_999  # of the year 9999


class RejectedRow(NamedTuple):
    """A row of projection_rejected after its entry and name; ``digest``: the same line is the same row."""

    number: int
    digest: bytes
    at_ms: int
    reason: str
    line: str


def require(change: ProjectionChange) -> None:
    """Raises ValueError for what no table holds."""
    if not _NAME.match(change.name):
        raise ValueError("projection.name")
    numbers = (change.number or 0, change.series_over_limit or 0, *(each.number for each in change.rejected))
    if not all(0 <= number <= _LARGEST_INTEGER for number in numbers):
        raise ValueError("projection.number")
    day = change.history_day
    if day is not None and day != HISTORY_SENT and abs(day) > _LATEST_DAY:
        raise ValueError("projection.history_day")
    words = (change.paused_by or "", change.target or "")
    if any(len(word) > _LONGEST_WORD or "\0" in word for word in words):
        raise ValueError("projection.text")


def settled(known: ProjectionRow | None, change: ProjectionChange, now_ms: int) -> ProjectionRow:
    """The row after the change, but for lines rejected; a number never goes back."""
    row = known or ProjectionRow(change.name)
    if change.begin:
        row = ProjectionRow(change.name, paused_by=row.paused_by, paused_since_ms=row.paused_since_ms)
    if change.number is not None:
        row = replace(row, number=max(row.number, change.number), settled_at_ms=now_ms)
    if change.history_day is not None:
        day = None if change.history_day == HISTORY_SENT else change.history_day
        row = replace(row, history_day=day)
    if change.paused_by is not None and change.paused_by != row.paused_by:
        row = replace(row, paused_by=change.paused_by, paused_since_ms=now_ms if change.paused_by else 0)
    if change.series_over_limit is not None:
        row = replace(row, series_over_limit=change.series_over_limit)
    return row if change.target is None else replace(row, target=change.target)


def looked_at(after: int, first: int | None, last_number: int) -> int:
    """Where a page of the log ends at the latest: ``first`` is the first number after ``after``, if any."""
    if first is None:
        return max(after, last_number)
    return min(first - 1 + MOST_LOOKED_AT, last_number)


def rejected_rows(change: ProjectionChange) -> list[RejectedRow]:
    """Each line once, the last told of those that are equal, in their order."""
    rows = [_rejected_row(each) for each in change.rejected]
    return list({row[:2]: row for row in rows}.values())


def rejected_row(number: int, at_ms: int, reason: str, line: str) -> Row:
    """A line as the API gives it."""
    return {"number": number, "at": format_time(at_ms), "reason": reason, "line": line}


def _rejected_row(told: Rejected) -> RejectedRow:
    digest = sha256(told.line.encode("utf-8", "replace")).digest()[:16]
    at_ms = min(max(told.at_ms, 0), _LATEST_MS)
    return RejectedRow(
        told.number, digest, at_ms, _text(told.reason, LONGEST_REASON), _text(told.line, LONGEST_LINE)
    )


def _text(text: str, longest: int) -> str:
    """As every database keeps it: a server's answer may hold anything."""
    cut = text[:longest].replace("\0", "\ufffd")
    return cut.encode("utf-8", "replace").decode()

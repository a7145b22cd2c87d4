"""What the store keeps of who looked at or changed what: rows are only ever added, each chained to the last.

``hash`` = SHA-256(hash of the row before + this row's fields as canonical JSON): nothing can be changed,
taken out or put between without breaking every row after it. Whoever can write the file could make all of it
anew: keep the head (number and hash) elsewhere, and ``epihub audit verify --head`` compares it.
Names, notes and other free text are in no row; ``target`` names ids.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

CHAIN_BEGINS = bytes(32)
LONGEST_TARGET = 300
LONGEST_NAME = 100
MOST_NOTES = 500


class AuditNote(NamedTuple):
    """Something somebody did. ``key``: 32 hex digits made with it, so that told twice it is one row.

    ``actor``: id of key or user, ``local`` on the first try, empty: nobody was recognised. ``through``: api,
    console or cli. ``action``: method and route, or the call that was asked of the hub. ``outcome``: an HTTP
    status or a word. ``peer``: the address it came from, empty: this machine.
    """

    key: str
    at_ms: int
    actor: str
    role: str
    through: str
    action: str
    target: str
    outcome: str
    peer: str


class AuditRow(NamedTuple):
    """A note with its place in the chain: 1, 2, 3 … without gaps; ``hash`` 32 bytes."""

    number: int
    note: AuditNote
    hash: bytes


class AuditHead(NamedTuple):
    """The last row; 0 and 32 zero bytes where there is none."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows: None is any; ``from_ms`` <= time < ``to_ms``."""

    actor: str | None = None
    action: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


class AuditWriter(Protocol):
    """Part of EventStore."""

    async def note_audit(self, notes: Sequence[AuditNote]) -> AuditHead:
        """Durable; a note whose key is there is passed by. Raises ValueError for what no table holds."""
        ...


class AuditReader(Protocol):
    """Part of StoreReader."""

    async def audit(self, wanted: AuditFilter, before: int, *, limit: int) -> list[AuditRow]:
        """The newest first, those before number ``before`` (at most 1000)."""
        ...

    async def audit_after(self, number: int, *, limit: int) -> list[AuditRow]:
        """The chain after a number, in its order (at most 1000)."""
        ...


def link(before: bytes, number: int, note: AuditNote) -> bytes:
    """The hash of a row that follows the one with hash ``before``."""
    told = json.dumps([number, *note], separators=(",", ":"))
    return sha256(before + told.encode()).digest()


def chained(head: AuditHead, notes: Iterable[AuditNote]) -> list[AuditRow]:
    """The rows that follow ``head``."""
    rows: list[AuditRow] = []
    for note in notes:
        number = head.number + 1
        head = AuditHead(number, link(head.hash, number, note))
        rows.append(AuditRow(number, note, head.hash))
    return rows


def first_broken(head: AuditHead, rows: Sequence[AuditRow]) -> int | None:
    """The number at which ``rows`` do not follow ``head`` in the chain; None: they do."""
    for row, right in zip(rows, chained(head, (row.note for row in rows)), strict=True):
        if (row.number, row.hash) != (right.number, right.hash):
            return right.number
    return None


def require_notes(notes: Sequence[AuditNote]) -> None:
    """Raises ValueError."""
    if len(notes) > MOST_NOTES:
        raise ValueError("too many notes at once")
    for note in notes:
        texts = (note.actor, note.role, note.through, note.action, note.outcome, note.peer)
        long = len(note.target) > LONGEST_TARGET or any(len(text) > LONGEST_NAME for text in texts)
        if long or len(note.key) != 32 or any("\0" in text for text in (*texts, note.target, note.key)):
            raise ValueError("no audit note")
        if not 0 <= note.at_ms < 2**53:
            raise ValueError("an audit note of no time")

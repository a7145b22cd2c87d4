"""Pruning, quota and declared holes: work that runs beside intake, in small slices (design 3)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

import apsw

from hub.spool.intake import Committed, EventRecord
from hub.spool.known_messages import KnownMessages
from hub.spool.numbering import Numbering
from hub.spool.pictures import let_go
from hub.spool.rows import Row, row_number
from hub.spool.schema import single_row

SLICE_ROWS = 1000

_OLDEST = "SELECT n, received_ms FROM event WHERE n > ? AND n <= ? ORDER BY n LIMIT ?"
_OLD_CAPTURES = """
    SELECT c.id, c.identity FROM capture c WHERE c.received_ms < ? AND NOT EXISTS
    (SELECT 1 FROM quarantine q WHERE q.capture = c.id AND q.state = 'WAITING')
    AND NOT EXISTS
    (SELECT 1 FROM forwarding f WHERE f.capture = c.id AND f.state IN ('WAITING', 'DEAD')) LIMIT ?"""
_ENDED_CAPTURES = """
    SELECT id, identity FROM capture WHERE received_ms < ?
    AND adapter IN (SELECT value FROM json_each(?)) LIMIT ?"""
_MOVE_AWAY = """
    INSERT INTO unsendable (n, id, received_ms, topic, body) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING"""

MakeSkip = Callable[[str, int, int, str, str, int], EventRecord]
"""(epoch, first seq, last seq, class, reason, count) -> the encoded spool.skipped.v1."""


class Size(NamedTuple):
    """What the file holds now, and what this slice deleted."""

    used_bytes: int
    pruned: int


@dataclass(frozen=True, slots=True)
class Prune:
    """Delete receipted rows received before ``rows_before_ms`` and captures before ``captures_before_ms``.

    Only from the old end of an epoch, so that what is left has no holes. A capture that waits in
    quarantine stays until somebody decided about it; one that is owed to a forward, until ``ExpireForwards``.
    """

    known: KnownMessages
    rows_before_ms: int
    captures_before_ms: int

    def apply(self, db: apsw.Connection) -> Size:
        pruned = self._prune_rows(db) + self._prune_captures(db)
        pages = db.pragma("page_count") - db.pragma("freelist_count")
        return Size(pages * db.pragma("page_size"), pruned)

    def _prune_rows(self, db: apsw.Connection) -> int:
        left = SLICE_ROWS
        epochs: list[Any] = db.execute("SELECT number, receipt_seq FROM epoch").fetchall()
        for number, receipted in epochs:
            bounds = (row_number(number, 0), row_number(number, receipted))
            oldest: list[Any] = db.execute(_OLDEST, (*bounds, left)).fetchall()
            old = takewhile(lambda row: row[1] < self.rows_before_ms, oldest)
            if last := max((n for n, _ in old), default=0):
                db.execute("DELETE FROM event WHERE n > ? AND n <= ?", (bounds[0], last))
                left -= db.changes()
        return SLICE_ROWS - left

    def _prune_captures(self, db: apsw.Connection) -> int:
        old: list[Any] = db.execute(_OLD_CAPTURES, (self.captures_before_ms, SLICE_ROWS)).fetchall()
        _delete(db, self.known, old)
        return len(old)


@dataclass(frozen=True, slots=True)
class EndCaptures:
    """Delete captures of ``adapters`` received before ``before_ms``, decided about or not; gives how many."""

    known: KnownMessages
    adapters: tuple[str, ...]
    before_ms: int

    def apply(self, db: apsw.Connection) -> int:
        values = (self.before_ms, json.dumps(self.adapters), SLICE_ROWS)
        old: list[Any] = db.execute(_ENDED_CAPTURES, values).fetchall()
        _delete(db, self.known, old)
        return len(old)


def _delete(db: apsw.Connection, known: KnownMessages, captures: list[Any]) -> None:
    """``captures``: (id, identity) of each."""
    found = [(capture,) for capture, _ in captures]
    db.executemany("DELETE FROM quarantine WHERE capture = ?", found)
    db.executemany("DELETE FROM forwarding WHERE capture = ?", found)
    db.executemany("DELETE FROM capture WHERE id = ?", found)
    if found:
        known.forget(db, [identity for _, identity in captures if identity])
    let_go(db, found)


@dataclass(frozen=True, slots=True)
class DeclareThinned:
    """Number one spool.skipped.v1 for the rows that were not taken while the quota was short."""

    numbering: Numbering
    make_skip: MakeSkip

    def apply(self, db: apsw.Connection) -> Committed:
        found = db.execute("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'thinned'").fetchone()
        if not found or not found[0]:
            return Committed(b"")
        seq = self.numbering.next_seq(db)
        record = self.make_skip(self.numbering.epoch, seq, seq, "status", "quota", found[0])
        number = row_number(self.numbering.epoch_number, seq)
        db.execute(
            "INSERT INTO event (n, id, received_ms, thinnable, topic, body) VALUES (?,?,?,0,?,?)",
            (number, record.id, record.received_ms, record.topic, record.body),
        )
        db.execute("UPDATE meta SET value = '0' WHERE name = 'thinned'")
        self.numbering.last_seq = seq
        return Committed(b"", rows=[Row(self.numbering.epoch_number, seq, record.topic, record.body)])


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Move a row that the bus cannot carry whole into quarantine; its number declares that (design 3).

    One that has its receipt is at the hub: it stays what the receipt says.
    """

    epoch_number: int
    seq: int
    make_skip: MakeSkip

    def apply(self, db: apsw.Connection) -> bool:
        number = row_number(self.epoch_number, self.seq)
        row = db.execute("SELECT id, received_ms, topic, body FROM event WHERE n = ?", (number,)).fetchone()
        epoch, receipt_seq = single_row(
            db, "SELECT epoch, receipt_seq FROM epoch WHERE number = ?", (self.epoch_number,)
        )
        if not row or self.seq <= receipt_seq:
            return False
        record = self.make_skip(epoch, self.seq, self.seq, "unsendable", "bus", 1)
        if row[0] == record.id:
            return False  # it stands declared
        db.execute(_MOVE_AWAY, (number, *row))
        db.execute(
            "UPDATE event SET id = ?, topic = ?, body = ?, thinnable = 0 WHERE n = ?",
            (record.id, record.topic, record.body, number),
        )
        return True

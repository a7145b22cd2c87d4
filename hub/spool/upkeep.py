"""Pruning, quota and declared holes: work that runs beside intake, in small slices (design 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from hub.spool.intake import EventRecord
from hub.spool.numbering import Numbering
from hub.spool.rows import Row, row_number

SLICE_ROWS = 1000

MakeSkip = Callable[[int, int, str, str, int], EventRecord]
"""(first seq, last seq, class, reason, count) -> the encoded spool.skipped.v1."""


class Size(NamedTuple):
    """What the file holds now, and what this slice deleted."""

    used_bytes: int
    pruned: int


@dataclass(frozen=True, slots=True)
class Prune:
    """Delete receipted rows received before ``rows_before_ms`` and captures before ``captures_before_ms``.

    A capture that waits in quarantine stays until somebody decided about it.
    """

    rows_before_ms: int
    captures_before_ms: int

    def apply(self, db: apsw.Connection) -> Size:
        pruned = self._prune_rows(db)
        db.execute(
            "DELETE FROM capture WHERE n IN (SELECT c.n FROM capture c WHERE c.received_ms < ? AND NOT EXISTS"
            " (SELECT 1 FROM quarantine q WHERE q.capture = c.id AND q.state = 'WAITING') LIMIT ?)",
            (self.captures_before_ms, SLICE_ROWS),
        )
        pages = db.pragma("page_count") - db.pragma("freelist_count")
        return Size(pages * db.pragma("page_size"), pruned + db.changes())

    def _prune_rows(self, db: apsw.Connection) -> int:
        left = SLICE_ROWS
        epochs: list[Any] = db.execute("SELECT number, receipt_seq FROM epoch").fetchall()
        for number, receipted in epochs:
            bounds = (row_number(number, 0), row_number(number, receipted))
            db.execute(
                """DELETE FROM event WHERE n IN
                   (SELECT n FROM event WHERE n > ? AND n <= ? AND received_ms < ? LIMIT ?)""",
                (*bounds, self.rows_before_ms, left),
            )
            left -= db.changes()
        return SLICE_ROWS - left


@dataclass(frozen=True, slots=True)
class DeclareThinned:
    """Number one spool.skipped.v1 for the rows that were not taken while the quota was short."""

    numbering: Numbering
    make_skip: MakeSkip

    def apply(self, db: apsw.Connection) -> list[Row]:
        found = db.execute("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'thinned'").fetchone()
        if not found or not found[0]:
            return []
        seq = self.numbering.next_seq(db)
        record = self.make_skip(seq, seq, "status", "quota", found[0])
        number = row_number(self.numbering.epoch_number, seq)
        db.execute(
            "INSERT INTO event (n, id, received_ms, thinnable, topic, body) VALUES (?,?,?,0,?,?)",
            (number, record.id, record.received_ms, record.topic, record.body),
        )
        db.execute("UPDATE meta SET value = '0' WHERE name = 'thinned'")
        self.numbering.last_seq = seq
        return [Row(self.numbering.epoch_number, seq, record.topic, record.body)]


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Move a row that the bus cannot carry whole into quarantine; its number declares that (design 3)."""

    epoch_number: int
    seq: int
    make_skip: MakeSkip

    def apply(self, db: apsw.Connection) -> bool:
        number = row_number(self.epoch_number, self.seq)
        row = db.execute("SELECT id, received_ms, topic, body FROM event WHERE n = ?", (number,)).fetchone()
        if not row:
            return False
        record = self.make_skip(self.seq, self.seq, "unsendable", "bus", 1)
        db.execute(
            "INSERT INTO unsendable (id, received_ms, topic, body) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
            row,
        )
        db.execute(
            "UPDATE event SET id = ?, topic = ?, body = ?, thinnable = 0 WHERE n = ?",
            (record.id, record.topic, record.body, number),
        )
        db.execute("UPDATE epoch SET skipped = skipped + 1 WHERE number = ?", (self.epoch_number,))
        return True

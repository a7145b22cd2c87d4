"""Who has which number: the open epoch and its last seq, owned by the writer's thread (design 3)."""

import time

import apsw

from hub.spool.rows import SEQ_MASK, row_number
from hub.spool.schema import new_epoch, single_row
from hub.wire import LAST_SEQ


class Numbering:
    """Seqs are dense: taken only for rows that were inserted, taken back with the transaction."""

    def __init__(self, largest_seq: int = LAST_SEQ) -> None:
        self.largest_seq = largest_seq
        self.epoch = ""
        self.epoch_number = 0
        self.last_seq = 0
        self.thinning = False  # set by the spool from 80 % of the quota

    def load(self, db: apsw.Connection) -> None:
        """From the file, at the start and after a rollback: pruned rows had a receipt once."""
        self.epoch_number, self.epoch, receipted = single_row(
            db, "SELECT number, epoch, highest_seq FROM epoch ORDER BY number DESC LIMIT 1"
        )
        (highest,) = single_row(
            db, "SELECT max(n) FROM event WHERE n > ?", (row_number(self.epoch_number, 0),)
        )
        self.last_seq = max(receipted, (highest or 0) & SEQ_MASK)

    def next_seq(self, db: apsw.Connection) -> int:
        if self.last_seq >= self.largest_seq:
            self.open_epoch(db)
        return self.last_seq + 1

    def open_epoch(self, db: apsw.Connection) -> None:
        """A new epoch; rows without a receipt in the closed one are renumbered by the caller."""
        db.execute("UPDATE epoch SET closed = 1 WHERE number = ?", (self.epoch_number,))
        db.execute(
            "INSERT INTO epoch (epoch, opened_ms) VALUES (?, ?)", (new_epoch(), time.time_ns() // 1_000_000)
        )
        self.load(db)

    @staticmethod
    def thin(db: apsw.Connection) -> None:
        """Count a row that was not taken, durably: it is declared when the quota allows."""
        db.execute(
            "INSERT INTO meta VALUES ('thinned', '1')"
            " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
        )

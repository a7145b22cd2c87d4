"""What the loop's thread knows of the spool without asking the file, and how the file tells it."""

from dataclasses import dataclass, field
from typing import Any

import apsw

from hub.spool.rows import SEQ_MASK, EpochState, Row, row_number

_EPOCHS = "SELECT number, epoch, receipt_seq, highest_seq, closed FROM epoch ORDER BY number"
_HIGHEST = "SELECT max(n) FROM event WHERE n > ? AND n < ?"
_OLDEST = "SELECT min(n) FROM event WHERE n >= ? AND n < ?"
_UNSENDABLE = "SELECT n FROM unsendable WHERE n > ? AND n < ? ORDER BY n"


@dataclass(slots=True)
class Books:
    """The open epoch in seqs, the closed ones in sums. ``unsendable``: seqs moved to quarantine.

    Edge events: spooled = receipted + waiting + skipped, at any moment.
    """

    epoch_number: int = 0
    epoch: str = ""
    last_seq: int = 0
    receipt_seq: int = 0
    unsendable: list[int] = field(default_factory=list)
    closed_spooled: int = 0
    closed_waiting: int = 0
    closed_skipped: int = 0
    used_bytes: int = 0
    full: bool = False
    session: int = 0

    @property
    def spooled(self) -> int:
        return self.closed_spooled + self.last_seq

    @property
    def skipped(self) -> int:
        return self.closed_skipped + len(self.unsendable)

    @property
    def waiting(self) -> int:
        declared = sum(seq > self.receipt_seq for seq in self.unsendable)
        return self.closed_waiting + self.last_seq - self.receipt_seq - declared

    def add(self, rows: list[Row]) -> None:
        """Rows that were committed, in order; the first of a new epoch closes the one before it."""
        for row in rows:
            if row.epoch_number > self.epoch_number:
                self._turn(row.epoch_number)
            self.last_seq = max(self.last_seq, row.seq)

    def take(self, fresh: "Books") -> bool:
        """What the file said; False when it said so before an epoch ended that we know the end of."""
        if fresh.epoch_number < self.epoch_number:
            return False
        if fresh.epoch_number == self.epoch_number:  # rows told since then are no less committed
            fresh.last_seq = max(fresh.last_seq, self.last_seq)
        for name in ("epoch_number", "epoch", "last_seq", "receipt_seq", "unsendable"):
            setattr(self, name, getattr(fresh, name))
        for name in ("closed_spooled", "closed_waiting", "closed_skipped"):
            setattr(self, name, getattr(fresh, name))
        return True

    def _turn(self, epoch_number: int) -> None:
        self.closed_spooled, self.closed_waiting, self.closed_skipped = (
            self.spooled,
            self.waiting,
            self.skipped,
        )
        self.epoch_number, self.epoch = epoch_number, ""
        self.last_seq = self.receipt_seq = 0
        self.unsendable = []


def epoch_states(db: apsw.Connection) -> list[EpochState]:
    """Oldest first; ``last_seq`` of a closed epoch counts the rows that are still its own."""
    epochs: list[Any] = db.execute(_EPOCHS).fetchall()
    return [_state(db, *epoch) for epoch in epochs]


def read_books(db: apsw.Connection) -> Books:
    """One snapshot of the file."""
    with db:
        states = epoch_states(db)
        declared = [_unsendable(db, state.number) for state in states]
    books = Books()
    for state, seqs in zip(states, declared, strict=True):
        books._turn(state.number)
        books.epoch, books.last_seq, books.receipt_seq = state.epoch, state.last_seq, state.receipt_seq
        books.unsendable = seqs
    return books


def pruned_to(db: apsw.Connection, epoch_number: int, first: int) -> int:
    """See Spool.pruned_to: a row that never had a receipt is not gone, it was moved."""
    bounds = (row_number(epoch_number, first), row_number(epoch_number + 1, 0))
    with db:
        highest: int = db.execute("SELECT highest_seq FROM epoch WHERE number = ?", (epoch_number,)).get
        kept: int | None = db.execute(_OLDEST, bounds).get
    last = highest if kept is None else min(highest, (kept & SEQ_MASK) - 1)
    return last if last >= first else 0


def _state(
    db: apsw.Connection, number: int, epoch: str, receipt_seq: int, highest_seq: int, closed: int
) -> EpochState:
    bounds = (row_number(number, 0), row_number(number + 1, 0))
    newest: int | None = db.execute(_HIGHEST, bounds).get
    last_seq = max(highest_seq, (newest or 0) & SEQ_MASK)
    return EpochState(number, epoch, receipt_seq, last_seq, bool(closed))


def _unsendable(db: apsw.Connection, number: int) -> list[int]:
    rows: list[Any] = db.execute(_UNSENDABLE, (row_number(number, 0), row_number(number + 1, 0))).fetchall()
    return [n & SEQ_MASK for (n,) in rows]

"""When an edge believes a receipt, and what follows from it (design 3)."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import apsw

from hub.identity import id_bytes
from hub.spool.numbering import Numbering
from hub.spool.rows import row_number
from hub.wire import Receipt, readable_id


class Verdict(NamedTuple):
    """What a receipt did. ``resend``: everything after ``receipt_seq`` must go again.

    ADVANCED, SAME: the usual. REWOUND: the hub was restored from an older copy. RENUMBERED: our
    own spool was. UNKNOWN: an epoch of another file. STALE: overtaken by a newer one, or about an
    epoch that was closed because of such a receipt and has nothing left to send.
    """

    kind: Literal["ADVANCED", "SAME", "REWOUND", "RENUMBERED", "UNKNOWN", "STALE"]
    receipt_seq: int = 0
    resend: bool = False


class _Known(NamedTuple):
    number: int
    receipt_seq: int
    receipt_id: bytes
    highest_seq: int
    store: str
    at: str
    closed: int


@dataclass(frozen=True, slots=True)
class ReceiptWork:
    """A piece of work for the committer."""

    numbering: Numbering
    receipt: Receipt

    def apply(self, db: apsw.Connection) -> Verdict:
        found = db.execute(
            """SELECT number, receipt_seq, receipt_id, highest_seq, store, receipt_at, closed FROM epoch
               WHERE epoch = ?""",
            (self.receipt.epoch,),
        ).fetchone()
        if not found:
            return Verdict("UNKNOWN")
        known = _Known(*found)
        if self._is_overtaken(known):
            return Verdict("STALE", known.receipt_seq)
        if not self._is_ours(db, known):
            if known.closed and not self._has_waiting(db, known):
                return Verdict("STALE", known.receipt_seq)
            return self._renumber(db, known)
        return self._accept(db, known)

    def _is_overtaken(self, known: _Known) -> bool:
        """Older and no further; one that says more counts whatever the hub's clock says."""
        receipt = self.receipt
        return receipt.store == known.store and receipt.at < known.at and receipt.seq <= known.receipt_seq

    def _is_ours(self, db: apsw.Connection, known: _Known) -> bool:
        """Our row of that seq says the same.

        One that was pruned cannot be asked any more, but then it had a receipt once; a hole that we
        declared ends with an empty id.
        """
        receipt, number = self.receipt, row_number(known.number, self.receipt.seq)
        if receipt.seq == 0:
            return True
        row: Any = db.execute("SELECT id, body FROM event WHERE n = ?", (number,)).fetchone()
        if row:
            return row[0] == _bytes(receipt.id) or self._was_sent_as(db, number, row[1])
        if receipt.seq == known.receipt_seq and receipt.id and known.receipt_id:
            return known.receipt_id == _bytes(receipt.id)
        return receipt.seq <= known.highest_seq

    def _was_sent_as(self, db: apsw.Connection, number: int, body: bytes) -> bool:
        """A body that nobody can read is known by what can be read of it; a row that was moved to
        quarantine may have come through after all."""
        if readable_id(body) == self.receipt.id:
            return True
        moved: Any = db.execute("SELECT id FROM unsendable WHERE n = ?", (number,)).fetchone()
        return bool(moved) and moved[0] == _bytes(self.receipt.id)

    @staticmethod
    def _has_waiting(db: apsw.Connection, known: _Known) -> bool:
        bounds = (row_number(known.number, known.receipt_seq), row_number(known.number + 1, 0))
        return db.execute("SELECT 1 FROM event WHERE n > ? AND n < ? LIMIT 1", bounds).fetchone() is not None

    def _accept(self, db: apsw.Connection, known: _Known) -> Verdict:
        receipt = self.receipt
        renewed = self._link_changed(db)
        rewound = receipt.seq < known.receipt_seq
        highest = max(receipt.seq, known.highest_seq)
        db.execute(
            """UPDATE epoch SET receipt_seq = ?, receipt_id = ?, highest_seq = ?, store = ?, receipt_at = ?
               WHERE number = ?""",
            (receipt.seq, _bytes(receipt.id), highest, receipt.store, receipt.at, known.number),
        )
        kind: Literal["ADVANCED", "SAME", "REWOUND"] = "REWOUND" if rewound else "SAME"
        if receipt.seq > known.receipt_seq:
            kind = "ADVANCED"
        return Verdict(kind, receipt.seq, resend=renewed or rewound)

    def _link_changed(self, db: apsw.Connection) -> bool:
        """The hub has one link to an edge, whichever epoch it speaks of."""
        known: str | None = db.execute("SELECT value FROM meta WHERE name = 'link'").get
        if known == self.receipt.link:
            return False
        db.execute("INSERT OR REPLACE INTO meta VALUES ('link', ?)", (self.receipt.link,))
        return known is not None

    def _renumber(self, db: apsw.Connection, known: _Known) -> Verdict:
        """The spool is a copy of an older one: what has no receipt goes again under a new epoch.

        Rows of later epochs go behind them, or they would be sent first.
        """
        later: list[Any] = db.execute(
            "SELECT number, receipt_seq FROM epoch WHERE number >= ? ORDER BY number", (known.number,)
        ).fetchall()
        self.numbering.open_epoch(db)
        for number, receipt_seq in later:
            self._move(db, number, receipt_seq)
        return Verdict("RENUMBERED", 0, resend=True)

    def _move(self, db: apsw.Connection, number: int, receipt_seq: int) -> None:
        """Seqs that were not pruned are dense, so one shift keeps order and density."""
        base, end = row_number(number, receipt_seq), row_number(number + 1, 0)
        first: int | None = db.execute("SELECT min(n) FROM event WHERE n > ? AND n < ?", (base, end)).get
        if first is not None:
            shift = row_number(self.numbering.epoch_number, self.numbering.last_seq + 1) - first
            db.execute("UPDATE event SET n = n + ? WHERE n > ? AND n < ?", (shift, base, end))
            db.execute("UPDATE unsendable SET n = n + ? WHERE n > ? AND n < ?", (shift, base, end))
        db.execute("UPDATE epoch SET highest_seq = receipt_seq WHERE number = ?", (number,))
        self.numbering.load(db)


def _bytes(event: str) -> bytes:
    """An id that is none equals no row of ours."""
    try:
        return id_bytes(event) if event else b""
    except ValueError:
        return b"?"

"""When an edge believes a receipt, and what follows from it (design 3)."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import apsw
import msgspec

from hub.identity import id_bytes
from hub.spool.numbering import Numbering
from hub.spool.rows import SEQ_MASK, row_number


class Receipt(msgspec.Struct, frozen=True):
    """What the hub says of an epoch: everything up to ``seq`` is safe. ``want``: a gap it waits for."""

    store: str
    epoch: str
    seq: int
    id: str
    link: str
    want: tuple[int, int] | None
    at: str


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
    store: str
    link: str
    at: str
    closed: int


@dataclass(frozen=True, slots=True)
class ReceiptWork:
    """A piece of work for the committer."""

    numbering: Numbering
    receipt: Receipt

    def apply(self, db: apsw.Connection) -> Verdict:
        found = db.execute(
            """SELECT number, receipt_seq, receipt_id, store, link, receipt_at, closed FROM epoch
               WHERE epoch = ?""",
            (self.receipt.epoch,),
        ).fetchone()
        if not found:
            return Verdict("UNKNOWN")
        known = _Known(*found)
        if self.receipt.store == known.store and self.receipt.at < known.at:
            return Verdict("STALE", known.receipt_seq)
        if not self._is_ours(db, known):
            if known.closed and not self._has_waiting(db, known):
                return Verdict("STALE", known.receipt_seq)
            return self._renumber(db, known)
        return self._accept(db, known)

    def _is_ours(self, db: apsw.Connection, known: _Known) -> bool:
        """Our row of that seq says the same; one that was pruned cannot be asked any more."""
        seq = self.receipt.seq
        if seq == 0:
            return True
        if seq == known.receipt_seq and known.receipt_id:
            return known.receipt_id == _bytes(self.receipt.id)
        row: Any = db.execute("SELECT id FROM event WHERE n = ?", (row_number(known.number, seq),)).fetchone()
        if not self.receipt.id:  # a hole that we declared ends there
            return row is None
        return row[0] == _bytes(self.receipt.id) if row else seq < known.receipt_seq

    @staticmethod
    def _has_waiting(db: apsw.Connection, known: _Known) -> bool:
        bounds = (row_number(known.number, known.receipt_seq), row_number(known.number + 1, 0))
        return db.execute("SELECT 1 FROM event WHERE n > ? AND n < ? LIMIT 1", bounds).fetchone() is not None

    def _accept(self, db: apsw.Connection, known: _Known) -> Verdict:
        receipt = self.receipt
        renewed = bool(known.link) and receipt.link != known.link
        rewound = receipt.seq < known.receipt_seq
        db.execute(
            """UPDATE epoch SET receipt_seq = ?, receipt_id = ?, store = ?, link = ?, receipt_at = ?
               WHERE number = ?""",
            (receipt.seq, _bytes(receipt.id), receipt.store, receipt.link, receipt.at, known.number),
        )
        kind: Literal["ADVANCED", "SAME", "REWOUND"] = "REWOUND" if rewound else "SAME"
        if receipt.seq > known.receipt_seq:
            kind = "ADVANCED"
        return Verdict(kind, receipt.seq, resend=renewed or rewound)

    def _renumber(self, db: apsw.Connection, known: _Known) -> Verdict:
        """The spool is a copy of an older one: what has no receipt goes again under a new epoch.

        Seqs of the closed epoch above our own receipt are dense, so one update keeps order and density.
        """
        self.numbering.open_epoch(db)
        base = row_number(known.number, known.receipt_seq)
        end = row_number(known.number + 1, 0)
        db.execute(
            "UPDATE event SET n = ? + ((n & ?) - ?) WHERE n > ? AND n < ?",
            (row_number(self.numbering.epoch_number, 0), SEQ_MASK, known.receipt_seq, base, end),
        )
        self.numbering.load(db)
        return Verdict("RENUMBERED", 0, resend=True)


def _bytes(event: str) -> bytes:
    """An id that is none equals no row of ours."""
    try:
        return id_bytes(event) if event else b""
    except ValueError:
        return b"?"

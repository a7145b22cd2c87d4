"""What one ``emit`` writes: capture, stored reply, events and quarantine entries, or nothing."""

from dataclasses import dataclass, field
from typing import NamedTuple

import apsw
import msgspec

from hub.identity import id_bytes
from hub.spool.contents import Contents, open_contents, packed
from hub.spool.forwards import owe
from hub.spool.known_messages import KnownMessages
from hub.spool.numbering import Numbering
from hub.spool.order_results import LabFact, tick_off
from hub.spool.order_rows import OrderBook
from hub.spool.pictures import keep, take_out
from hub.spool.pieces import forget_pieces
from hub.spool.rows import Row, row_number
from hub.spool.schema import single_row
from hub.vault import Sealer


class EventRecord(NamedTuple):
    """An encoded event; ``thinnable`` ones may be dropped, declared, when the quota is short.

    ``fact``: what it says of orders, None: nothing.
    """

    id: bytes
    topic: str
    body: bytes
    received_ms: int
    thinnable: bool = False
    fact: LabFact | None = None


class ProblemRecord(NamedTuple):
    """A part of a capture that could not be understood: a code and a place."""

    part: int
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class CaptureRecord:
    """``identity``: keyed digest of (device, control id, bytes), None when the sender gives no control id.

    ``forwards``: whom it is owed to.
    """

    id: bytes
    device: str
    adapter: str
    received_ms: int
    identity: bytes | None
    contents: Contents
    pieces: str = ""
    forwards: tuple[str, ...] = ()


@dataclass(slots=True)
class Committed:
    """``repeated``: the frame was known, nothing was written. ``identical``: facts that were known.

    ``owed``: the forwards that have a new capture to deliver. ``orders``: how many are open more or less.
    """

    reply: bytes
    rows: list[Row] = field(default_factory=list)
    repeated: bool = False
    identical: int = 0
    thinned: int = 0
    owed: tuple[str, ...] = ()
    orders: OrderBook = field(default_factory=OrderBook)


_INSERT_CAPTURE = (
    "INSERT INTO capture (id, device, adapter, received_ms, bytes, identity, sealed) VALUES (?,?,?,?,?,?,?)"
)
_INSERT_EVENT = """
    INSERT INTO event (n, id, received_ms, thinnable, topic, body) VALUES (?,?,?,?,?,?)
    ON CONFLICT (id) DO NOTHING"""
INSERT_PROBLEM = """
    INSERT INTO quarantine (capture, part, reason, place, state) VALUES (?,?,?,?,'WAITING')
    ON CONFLICT (capture, part)
    DO UPDATE SET reason = excluded.reason, place = excluded.place, state = 'WAITING'"""


@dataclass(slots=True)
class Intake:
    """A piece of work for the committer."""

    numbering: Numbering
    known: KnownMessages
    sealer: Sealer
    events: list[EventRecord]
    capture: CaptureRecord | None = None
    problems: tuple[ProblemRecord, ...] = ()
    reply: bytes = b""

    def apply(self, db: apsw.Connection) -> Committed:
        if self.capture and self.capture.pieces:
            forget_pieces(db, self.capture.pieces)
        if self.capture:
            if self.capture.identity and (number := self.known.find(db, self.capture.identity)):
                return self._repeat(db, number)
            self._insert_capture(db, self.capture)
        done = Committed(self.reply, owed=self.capture.forwards if self.capture else ())
        new: set[bytes] = set()
        known: set[bytes] = set()
        for event in self.events:
            (new if self._insert_event(db, event, done) else known).add(event.id)
        if self.capture:
            self._note_repeats(db, self.capture, known - new)
            for problem in self.problems:
                db.execute(INSERT_PROBLEM, (self.capture.id, problem.part, problem.reason, problem.place))
        return done

    def _insert_capture(self, db: apsw.Connection, capture: CaptureRecord) -> None:
        contents, pictures = take_out(capture.contents, self.sealer.identity_key)
        sealed = self.sealer.seal(capture.id, packed(contents))
        size = len(capture.contents.raw)
        db.execute(
            _INSERT_CAPTURE,
            (
                capture.id,
                capture.device,
                capture.adapter,
                capture.received_ms,
                size,
                capture.identity,
                sealed,
            ),
        )
        if capture.identity:
            self.known.add(db, capture.identity, db.last_insert_rowid())
        keep(db, self.sealer, capture.id, pictures)
        owe(db, capture.forwards, capture.id, capture.device, capture.received_ms)

    def _note_repeats(self, db: apsw.Connection, capture: CaptureRecord, known: set[bytes]) -> None:
        contents = capture.contents
        repeats = [one.id for one in contents.emitted if id_bytes(one.id) in known] if known else []
        if repeats:
            kept = take_out(contents, self.sealer.identity_key).contents
            told = msgspec.structs.replace(kept, repeats=repeats)
            sealed = self.sealer.seal(capture.id, packed(told))
            db.execute("UPDATE capture SET sealed = ? WHERE id = ?", (sealed, capture.id))

    def _insert_event(self, db: apsw.Connection, event: EventRecord, done: Committed) -> bool:
        """False: the spool has it already."""
        if event.thinnable and self.numbering.thinning:
            self.numbering.thin(db)
            done.thinned += 1
            return True
        seq = self.numbering.next_seq(db)
        number = row_number(self.numbering.epoch_number, seq)
        db.execute(
            _INSERT_EVENT, (number, event.id, event.received_ms, event.thinnable, event.topic, event.body)
        )
        if not db.changes():
            done.identical += 1
            return False
        self.numbering.last_seq = seq
        done.rows.append(Row(self.numbering.epoch_number, seq, event.topic, event.body))
        if event.fact:
            tick_off(db, event.fact, event.id, event.received_ms, done.orders)
        return True

    def _repeat(self, db: apsw.Connection, number: int) -> Committed:
        """The reply that was stored with the same bytes under the same control id."""
        capture, sealed = single_row(db, "SELECT id, sealed FROM capture WHERE n = ?", (number,))
        return Committed(open_contents(self.sealer.open(capture, sealed)).reply, repeated=True)

"""Captures and quarantine of an edge: raw bytes, sealed, with what was made of them."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from hub.errors import OperatorError
from hub.spool.contents import Contents, open_contents, packed
from hub.spool.intake import INSERT_PROBLEM, Committed, Intake
from hub.spool.pictures import keep, put_back, take_out
from hub.vault import Sealer

_WAITING = """
    SELECT DISTINCT c.id FROM capture c JOIN quarantine q ON q.capture = c.id
    WHERE c.received_ms < ? AND c.adapter IN (SELECT value FROM json_each(?)) AND q.state = 'WAITING'
    LIMIT ?"""
_LIST = """
    SELECT lower(hex(q.capture)), q.part, c.device, c.adapter, c.received_ms, c.bytes,
           q.reason, q.place, q.state
    FROM quarantine q JOIN capture c ON c.id = q.capture
    WHERE ? IS NULL OR q.state = ? ORDER BY q.n DESC LIMIT ?"""


class Capture(NamedTuple):
    """One message as it came, opened. ``contents.raw`` holds personal data: never log or publish it."""

    id: bytes
    device: str
    adapter: str
    received_ms: int
    contents: Contents


class QuarantineEntry(NamedTuple):
    """What waits for a person: a code and a place, never the bytes."""

    capture: str
    part: int
    device: str
    adapter: str
    received_ms: int
    bytes: int
    reason: str
    place: str
    state: str


def load_capture(db: apsw.Connection, sealer: Sealer, capture: bytes) -> Capture:
    row: Any = db.execute(
        "SELECT id, device, adapter, received_ms, sealed FROM capture WHERE id = ?", (capture,)
    ).fetchone()
    if not row:
        raise OperatorError(f"no capture {capture.hex()} here: its time is over, or another edge has it")
    id_, device, adapter, received_ms, sealed = row
    contents = put_back(db, sealer, open_contents(sealer.open(capture, sealed)))
    return Capture(id_, device, adapter, received_ms, contents)


def list_quarantine(db: apsw.Connection, state: str | None, limit: int) -> list[QuarantineEntry]:
    rows = db.execute(_LIST, (state, state, limit))
    return [QuarantineEntry(*row) for row in rows]


def waiting_before(db: apsw.Connection, adapters: tuple[str, ...], before_ms: int, limit: int) -> list[bytes]:
    """Captures of ``adapters`` received before then about which nobody has decided."""
    return [row[0] for row in db.execute(_WAITING, (before_ms, json.dumps(adapters), limit))]


@dataclass(frozen=True, slots=True)
class ReplayWork:
    """Write what a replay gave: new events, the capture's new account, the entries' new state."""

    intake: Intake
    capture: Capture
    contents: Contents
    state: str

    def apply(self, db: apsw.Connection) -> Committed:
        done = self.intake.apply(db)
        sealer = self.intake.sealer
        contents, pictures = take_out(self.contents, sealer.identity_key)
        keep(db, sealer, self.capture.id, pictures)
        sealed = sealer.seal(self.capture.id, packed(contents))
        db.execute("UPDATE capture SET sealed = ? WHERE id = ?", (sealed, self.capture.id))
        db.execute("UPDATE quarantine SET state = ? WHERE capture = ?", (self.state, self.capture.id))
        for problem in self.intake.problems:
            db.execute(INSERT_PROBLEM, (self.capture.id, problem.part, problem.reason, problem.place))
        return done

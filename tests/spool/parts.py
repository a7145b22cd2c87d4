"""What the spool's tests put into a spool, and how they hold its writer back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event as Gate

import apsw

from hub.contract import Fact
from hub.edge.encoder import Made, Origin, encode, new_capture_id, skip_note
from hub.entropy import Entropy
from hub.events import number_body
from hub.payloads import Reading, Skipped
from hub.spool import CaptureRecord, Contents, EventRecord, Receipt, Row, Spool, SpoolLimits
from hub.vault import Sealer
from hub.wire import readable_id

ORIGIN = Origin("lab", "edge-1", "fridge-1")
RECEIVED_MS = 1_790_000_000_000
STORE, LINK = "5" * 16, "a" * 16
SEALER = Sealer(bytes(range(32)))


def make_skip(epoch: str, first: int, last: int, class_: str, reason: str, count: int) -> EventRecord:
    return skip_note(ORIGIN, Skipped(first, last, class_, reason, count, epoch), RECEIVED_MS)


def event(number: int, *, received_ms: int = RECEIVED_MS, thinnable: bool = False) -> EventRecord:
    """The same number is the same event."""
    fact = Fact(Reading("temperature", float(number), "Cel"), f"probe-{number}", 1_700_000_000_000 + number)
    return encode(ORIGIN, fact, Made(received_ms))[0]._replace(thinnable=thinnable)


def capture(raw: bytes, identity: bytes | None = None, reply: bytes = b"ACK") -> CaptureRecord:
    contents = Contents(raw, "control", "10.1.2.3", reply, [])
    name = new_capture_id(Entropy(), RECEIVED_MS)
    return CaptureRecord(name, "fridge-1", "test", RECEIVED_MS, identity, contents)


def receipt(
    spool: Spool,
    seq: int,
    of: EventRecord | None = None,
    *,
    at: str = "2026-01-01T00:00:01.000Z",
    epoch: str = "",
    link: str = LINK,
    store: str = STORE,
    want: tuple[int, int] | None = None,
) -> Receipt:
    """``of``: the event that the hub has under ``seq``; None is an empty id."""
    named = readable_id(of.body) if of else ""
    return Receipt(store, epoch or spool.books.epoch, seq, named, link, want, at)


@asynccontextmanager
async def opened(
    path: Path, *, limits: SpoolLimits | None = None, largest_seq: int | None = None
) -> AsyncIterator[Spool]:
    spool = Spool(path, SEALER, make_skip, limits)
    if largest_seq:
        spool.numbering.largest_seq = largest_seq
    await spool.open()
    try:
        yield spool
    finally:
        await spool.close()


async def every_row(spool: Spool) -> list[Row]:
    """All rows of all epochs, as the relay reads them."""
    found = []
    for state in await spool.epochs():
        found += await spool.rows(state.number, 1, spool.numbering.largest_seq, 100_000)
    return found


async def waiting_ids(spool: Spool) -> list[str]:
    """Ids of the rows without a receipt, in the order in which they would be sent."""
    found = []
    for state in await spool.epochs():
        rows = await spool.rows(state.number, state.receipt_seq + 1, spool.numbering.largest_seq, 100_000)
        found += [readable_id(number_body(row.body, state.epoch, row.seq)) for row in rows]
    return found


class Hold:
    """Work that keeps the writer's thread until ``release``: what is queued meanwhile is one group."""

    def __init__(self) -> None:
        self._gate = Gate()

    def apply(self, _db: apsw.Connection) -> None:
        assert self._gate.wait(30)

    def release(self) -> None:
        self._gate.set()


class Execute:
    """Work that runs one statement in the writer's thread."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def apply(self, db: apsw.Connection) -> list[object]:
        return list(db.execute(self.sql).fetchall())

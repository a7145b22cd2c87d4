"""A real edge of a laboratory: two analyzers that speak HL7, a forward that nobody takes, no bus.

``deliver`` does by hand what relay, sink and receipt do, so that a store beside it knows what was sent.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from adapters.lab_analyzers.mllp import MllpCodec
from hub.contract import Fact, Frame
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.forward_lines import ForwardSettings
from hub.events import decode_data, decode_event, number_body
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Code, LabResult, Payload
from hub.streams.clock import now_ms
from hub.wire import readable_id
from storage.contract import Arrival, Batch, EventStore
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.spool.parts import receipt

GENEXPERT, COBAS, LIS = "genexpert-01", "cobas-01", "lis"
NAME = "NGUYỄN^THỊ CANARY"
CALLED = {"+": "Detected", "-": "Not detected", "?": "Was tut man"}


def clock() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")


def single(specimen: str, value: str = "-", control: str = "") -> bytes:
    """One specimen of a GeneXpert; "?" is a word that no profile knows."""
    head = f"MSH|^~\\&|GENEXPERT^GX-1|LAB|LIS|F|{clock()}||ORU^R01^ORU_R01|{control or specimen}|P|2.5.1\r"
    return (
        f"{head}PID|1||H9^^^BV^MR||{NAME}\rOBR|1|O1|{specimen}|94500-6^SARS-CoV-2^LN\r"
        f"OBX|1|ST|94500-6^SARS-CoV-2^LN|1|{CALLED[value]}||||||F|||{clock()}\r"
        + ("OBX|2|NM|94745-7^Ct^LN|1|23.4|Ct|||||F\r" if value == "+" else "")
    ).encode()


def unreadable(control: str = "BAD-1") -> bytes:
    """A message without a specimen."""
    return single("", control=control).replace(b"OBR|1|O1|", b"OBR|1||")


def plate(specimens: Sequence[tuple[str, str]], controls: int = 2, control: str = "RUN-1") -> bytes:
    """A whole run of a cobas 4800: controls, then specimens with their values; "" has no test."""
    head = f"MSH|^~\\&|cobas 4800|X|LIS|F|{clock()}||OUL^R22^OUL_R22|{control}|P|2.5.1|||ER|AL\r"
    wells = [(f"PC{n + 1}", "+", True) for n in range(controls)] + [(*one, False) for one in specimens]
    return (head + "".join(_well(n, *well) for n, well in enumerate(wells, 1))).encode()


def _well(number: int, specimen: str, value: str, control: bool) -> str:
    text = f'SPM|{number}|{specimen}&ROCHE||""|||||||Q^^HL70369\rSAC|||{specimen}\r'
    text += "INV|Ctrl^^99ROC|OK^^HL70383|CO^^HL70384\r" if control else ""
    if not value:
        return text
    said = {"+": "1.10E+05 cp/mL", "-": "Target Not Detected", "?": "Was tut man"}[value]
    return text + (
        f'OBR||""||0BHCV^0BHCV^99ROC||{clock()}\r'
        f"OBX|1|ST|0BHCV^0BHCV^99ROC|1.1|{said}||||||F|||||||C4800^Roche~70112^Roche|{clock()}\r"
    )


class LabEdge(StandingEdge):
    """``came``: a message of an analyzer as its session commits it."""

    DEVICES = (
        {"id": GENEXPERT, "kind": "hl7_mllp", "profile": "generic"},
        {"id": COBAS, "kind": "hl7_mllp", "profile": "cobas-4800"},
    )

    async def came(self, raw: bytes, device: str = GENEXPERT) -> str:
        """Gives the name of its capture."""
        codec, frame = _framed(raw)
        adapter = self.edge.adapters[device]
        meaning = adapter.understand(frame, now_ms())
        reply = codec.reply(frame, accepted=True)
        await adapter.outlet.emit(*meaning.facts, frame=frame, reply=reply, problems=meaning.problems)
        return await self.newest()

    async def tells(self, specimen: str) -> None:
        """A result whose specimen is whatever somebody sends, markup too."""
        made = LabResult(specimen, Code("<i>T</i>"), "POS", "F")
        outlet = self.edge.adapters[GENEXPERT].outlet
        _, frame = _framed(single("X", control="made-up"))
        await outlet.emit(Fact(made, f"{specimen}|T|", now_ms()), frame=frame)

    async def newest(self) -> str:
        rows = await self.edge.spool._read("SELECT hex(id) FROM capture ORDER BY n DESC LIMIT 1", ())
        return str(rows[0][0]).lower()

    async def deliver(self, store: EventStore) -> None:
        """Everything without a receipt to the store, and the receipt for it."""
        spool = self.edge.spool
        for state in await spool.epochs():
            rows = await spool.rows(state.number, state.receipt_seq + 1, state.last_seq, 10_000)
            bodies = [number_body(row.body, state.epoch, row.seq) for row in rows]
            if not bodies:
                continue
            events = [decode_event(body) for body in bodies]
            payloads: list[Payload | None] = [decode_data(event) for event in events]
            arrivals = [Arrival(*each) for each in zip(events, payloads, bodies, strict=True)]
            await store.write(Batch(store.term, arrivals, received_ms=now_ms()))
            last = receipt(spool, rows[-1].seq, epoch=state.epoch)
            await spool.receive(msgspec.structs.replace(last, id=readable_id(bodies[-1])))


def _framed(raw: bytes) -> tuple[MllpCodec, Frame]:
    codec = MllpCodec(now_ms)
    (frame,) = codec.feed(b"\x0b" + raw + b"\x1c\r")
    assert isinstance(frame, Frame)
    return codec, frame


@asynccontextmanager
async def lab_edge(data_dir: Path) -> AsyncIterator[LabEdge]:
    nowhere = BrokerAddress("127.0.0.1", 9)
    lis = ForwardSettings(LIS, GENEXPERT, "mllp://127.0.0.1:9")
    made = EdgeSettings(
        EDGE, SITE, "0.1.0", data_dir / "spool" / "spool.db", data_dir / "keys", nowhere, forwards=(lis,)
    )
    devices = (
        Hl7MllpConfig(id=GENEXPERT, site=SITE, kind="hl7_mllp", port=2575),
        Hl7MllpConfig(id=COBAS, site=SITE, kind="hl7_mllp", port=2576, profile="cobas-4800"),
    )
    edge = Edge(made, devices, lambda _: Hl7Mllp)
    async with standing(edge, data_dir) as socket:
        yield LabEdge(edge, data_dir, socket)

"""An outlet: what awaiting ``emit`` promises, and what is counted."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from hub.contract import DeviceState, Fact, Frame, MalformedFrame
from hub.edge.control_ids import ControlIds
from hub.edge.encoder import Origin
from hub.edge.outlet import DeviceOutlet
from hub.errors import EventTooLarge, NotCommitted, SpoolFull
from hub.events import decode_event, number_body
from hub.metrics import Histogram
from hub.payloads import Code, GateDecision, LabResult, Passage, Reading, Scan, ZoneCount
from hub.spool import Contents, Spool
from hub.spool.contents import open_contents
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.spool.parts import Hold, every_row, opened

ORIGIN = Origin("lab", "edge-1", "pcr-1")
NAME = "Nguyễn Thị Hoa"


@dataclass
class Desk:
    """An outlet on a real spool."""

    spool: Spool
    outlet: DeviceOutlet
    states: list[tuple[DeviceState, str]]
    spoke: list[int]

    async def bodies(self) -> list[dict[str, object]]:
        return [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(self.spool)]

    async def captures(self) -> list[bytes]:
        return [bytes.fromhex(str(body["capture"])) for body in await self.bodies()]

    def counted(self) -> tuple[int, int, int, int]:
        counters = self.outlet.counters
        assert counters.received == counters.committed + counters.refused + counters.in_flight
        return counters.received, counters.committed, counters.refused, counters.in_flight


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    states: list[tuple[DeviceState, str]] = []
    spoke: list[int] = []
    async with opened(tmp_path / "spool.db") as spool:
        outlet = DeviceOutlet(
            spool,
            MemoryPseudonyms(),
            ORIGIN,
            "hl7_mllp",
            lambda state, reason: states.append((state, reason)),
            spoke.append,
            Histogram(),
        )
        yield Desk(spool, outlet, states, spoke)


def result(specimen: str, call: str = "NEG") -> Fact:
    payload = LabResult(specimen, Code("94500-6"), call, "F")  # type: ignore[arg-type]
    return Fact(payload, f"{specimen}/94500-6", 1_700_000_000_000)


def reading(value: float) -> Fact:
    return Fact(Reading("temperature", value, "Cel"), "temperature/1", 1_700_000_000_000)


async def test_frame_facts_problems_and_reply_are_one_transaction(desk: Desk) -> None:
    frame = Frame(NAME.encode(), "C1", "10.1.2.3")
    problem = MalformedFrame(b"OBX|2", "hl7.bad_value", "OBX-5")
    reply = await desk.outlet.emit(result("S1"), result("S2"), frame=frame, reply=b"ACK", problems=[problem])
    assert reply == b"ACK"
    bodies = await desk.bodies()
    assert [body["type"] for body in bodies] == ["lab.result.v1", "lab.result.v1", "quarantine.v1"]
    assert [body["part"] for body in bodies[:2]] == [0, 1]
    (entry,) = await desk.spool.quarantine()
    assert {body["capture"] for body in bodies} == {entry.capture}
    capture = await desk.spool.load_capture(bytes.fromhex(entry.capture))
    assert (capture.contents.raw, capture.contents.reply) == (NAME.encode(), b"ACK")
    assert [emitted.id for emitted in capture.contents.emitted] == [body["id"] for body in bodies[:2]]
    assert desk.counted() == (1, 1, 0, 0)
    assert (desk.outlet.counters.facts, desk.outlet.counters.quarantined) == (2, 1)
    assert len(desk.spoke) == 1


async def test_refused_transaction_leaves_nothing(desk: Desk) -> None:
    desk.spool.books.full = True
    with pytest.raises(SpoolFull):
        await desk.outlet.emit(result("S1"), frame=Frame(b"raw", "C1"), reply=b"ACK")
    with pytest.raises(SpoolFull):
        await desk.outlet.quarantine(MalformedFrame(b"raw", "a.b"))
    assert desk.counted() == (2, 0, 2, 0)
    assert await desk.bodies() == []
    desk.spool.books.full = False
    assert await desk.outlet.emit(result("S1"), frame=Frame(b"raw", "C1"), reply=b"ACK 2") == b"ACK 2"


async def test_known_message_gets_the_stored_reply_and_nothing_else(desk: Desk) -> None:
    frame = Frame(b"raw", "C1")
    await desk.outlet.emit(result("S1"), frame=frame, reply=b"first")
    assert await desk.outlet.emit(result("S1"), frame=frame, reply=b"second") == b"first"
    assert len(await desk.bodies()) == 1
    assert (desk.outlet.counters.repeated, desk.outlet.counters.identical) == (1, 0)


async def test_another_message_under_a_known_control_id_is_taken_counted_and_told_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Some analyzers give every message the id 1."""
    for raw in (b"one", b"two", b"two", b"three"):
        await desk.outlet.emit(frame=Frame(raw, "SECRET-1"), reply=raw)
    counters = desk.outlet.counters
    assert (counters.committed, counters.repeated, counters.control_reused) == (4, 1, 2)
    assert await desk.spool._read("SELECT count(*) FROM capture", ()) == [(3,)]
    told = [record for record in caplog.records if record.message == "control id of another message"]
    assert len(told) == 1
    assert "SECRET-1" not in caplog.text


def test_control_ids_are_forgotten_the_oldest_first() -> None:
    ids = ControlIds(most=2)
    assert [ids.is_reused(name, name.encode()) for name in ("a", "b", "a", "c")] == [False] * 4
    assert not ids.is_reused("b", b"other"), "forgotten: a was used since"
    assert ids.is_reused("c", b"other")


@pytest.mark.parametrize(
    "frame", [Frame(b"raw", "C2"), Frame(b"raw 2", "C1"), Frame(b"raw", ""), Frame(b"C1raw", "")]
)
async def test_other_message_with_known_facts_is_an_identical_repeat(desk: Desk, frame: Frame) -> None:
    await desk.outlet.emit(result("S1"), frame=Frame(b"raw", "C1"), reply=b"first")
    assert await desk.outlet.emit(result("S1"), frame=frame, reply=b"second") == b"second"
    assert len(await desk.bodies()) == 1
    assert (desk.outlet.counters.repeated, desk.outlet.counters.identical) == (0, 1)


async def test_a_capture_keeps_which_of_its_facts_were_here_before(desk: Desk) -> None:
    await desk.outlet.emit(result("S1"), frame=Frame(b"first", "C1"))
    await desk.outlet.emit(result("S1"), result("S2"), frame=Frame(b"both", "C2"))
    await desk.outlet.emit(result("S3"), result("S3"), frame=Frame(b"twice in one message", "C3"))
    first, second, third = [(await desk.spool.load_capture(name)).contents for name in await desk.captures()]
    assert first.repeats == third.repeats == []
    assert second.repeats == [first.emitted[0].id] == [second.emitted[0].id]
    assert second.raw == b"both"


async def test_a_capture_from_before_has_no_repeats() -> None:
    was = msgspec.msgpack.encode([b"raw", "control", "origin", b"ACK", []])
    assert open_contents(was) == Contents(b"raw", "control", "origin", b"ACK", [], [])


async def test_control_id_and_bytes_are_told_apart(desk: Desk) -> None:
    """What ends the one may not begin the other: the second message would be lost behind a reply."""
    await desk.outlet.emit(result("S1"), frame=Frame(b"b\0c", "a"), reply=b"first")
    assert await desk.outlet.emit(result("S2"), frame=Frame(b"c", "a\0b"), reply=b"second") == b"second"
    assert len(await desk.bodies()) == 2


async def test_in_flight_is_what_waits_for_the_disk(desk: Desk) -> None:
    hold = Hold()
    held = desk.spool._committer.submit(hold)
    waiting = [asyncio.ensure_future(desk.outlet.emit(result(f"S{number}"))) for number in range(3)]
    given_up = asyncio.ensure_future(desk.outlet.emit(result("S9")))
    await asyncio.sleep(0)
    assert desk.counted() == (4, 0, 0, 4)
    given_up.cancel()
    hold.release()
    await asyncio.gather(held, *waiting)
    assert desk.counted() == (4, 4, 0, 0), "the commit goes on when nobody waits any more"
    assert len(await desk.bodies()) == 4


async def test_commit_is_queued_at_the_call(desk: Desk) -> None:
    first, second = desk.outlet.emit(result("S1")), desk.outlet.emit(result("S2"))
    await second
    await first
    assert [body["subject"] for body in await desk.bodies()] == ["S1/94500-6", "S2/94500-6"]


async def test_failure_of_the_commit_is_refused(desk: Desk) -> None:
    desk.spool._committer._writer.broken = "the disk"  # type: ignore[union-attr]
    with pytest.raises(NotCommitted):
        await desk.outlet.emit(result("S1"))
    assert desk.counted() == (1, 0, 1, 0)


async def test_event_over_256_kib_is_refused_whole(desk: Desk) -> None:
    with pytest.raises(EventTooLarge):
        desk.outlet.emit(result("S1"), result("S" * 262_144), frame=Frame(b"raw", "C1"))
    assert await desk.bodies() == []
    assert desk.counted() == (0, 0, 0, 0), "it is quarantined instead, and counted then"
    await desk.outlet.quarantine(MalformedFrame(b"raw", "event.too_large", control="C1"))
    assert desk.counted() == (1, 1, 0, 0)


async def test_event_tells_a_code_and_a_place_and_no_bytes(desk: Desk) -> None:
    await desk.outlet.quarantine(
        MalformedFrame(NAME.encode() + b"|PID", "mllp.no_msh", "byte 17", "C1", "10.1.2.3")
    )
    (row,) = await every_row(desk.spool)
    (body,) = await desk.bodies()
    assert body["data"] == {
        "capture": body["capture"],
        "adapter": "hl7_mllp",
        "reason": "mllp.no_msh",
        "bytes": len(NAME.encode()) + 4,
        "state": "WAITING",
        "place": "byte 17",
    }
    assert NAME.encode() not in row.body
    assert b"PID" not in row.body
    assert b"10.1.2.3" not in row.body
    assert desk.spoke == [], "garbage is no sign of life"


async def test_bytes_of_nobody_are_attributed_to_nobody(desk: Desk) -> None:
    await desk.outlet.quarantine(MalformedFrame(b"x", "a.b", control="C1"), b"one", attributed=False)
    assert await desk.outlet.quarantine(MalformedFrame(b"x", "a.b", control="C1"), b"two") == b"two"
    nobodys, ours = await every_row(desk.spool)
    assert "/unattributed/" in nobodys.topic
    assert decode_event(number_body(nobodys.body, "e" * 16, 1)).source == "/lab/edge-1/unattributed"
    assert "/pcr-1/" in ours.topic
    assert [entry.device for entry in await desk.spool.quarantine()] == ["pcr-1", "unattributed"]


async def test_problems_need_their_frame(desk: Desk) -> None:
    with pytest.raises(ValueError, match="bytes would be lost"):
        desk.outlet.emit(problems=[MalformedFrame(b"x", "a.b")])


async def test_same_fact_of_two_messages_is_one_event(desk: Desk) -> None:
    await desk.outlet.emit(reading(4.0), frame=Frame(b"one"))
    await desk.outlet.emit(reading(4.0), frame=Frame(b"two"))
    await desk.outlet.emit(reading(4.5), frame=Frame(b"three"))
    assert [body["data"]["value"] for body in await desk.bodies()] == [4.0, 4.5]  # type: ignore[index]


async def test_health_is_passed_on(desk: Desk) -> None:
    desk.outlet.health("DEGRADED", "probe_failed")
    assert desk.states == [("DEGRADED", "probe_failed")]


async def test_what_a_gate_counts_or_is_opened_for_is_no_word_of_its_scanner(desk: Desk) -> None:
    at_ms = 1_700_000_000_000
    by_hand = GateDecision("c1", "manual", "opened.by_hand", "manual", 0.0)
    ours = [Fact(ZoneCount("a", 1, 1, 0), "a", at_ms), Fact(by_hand, "c1", at_ms)]
    await desk.outlet.emit(*ours, Fact(Passage(None, "in", True), "p", at_ms))
    assert desk.spoke == []
    await desk.outlet.emit(Fact(Scan("s", None, "cccd", "in"), "s", at_ms), *ours)
    assert len(desk.spoke) == 1

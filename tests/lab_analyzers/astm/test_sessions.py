"""``astm_tcp`` over real sockets: the scenarios of the field, cut lines, full disks, shared ports."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from adapters.lab_analyzers import astm_line
from adapters.lab_analyzers.astm_tcp import AstmTcp
from hub.errors import DeviceUnavailable
from hub.payloads import LabResult
from tests.background import background
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.astm.device import (
    ACK,
    ENQ,
    EOT,
    ETB,
    NAK,
    PATIENCE_SECONDS,
    Device,
    adapter,
    config,
    frame,
    frames,
    records,
    session,
)
from tests.ports import free_port

RECORDS = records()
MESSAGE = b"".join(RECORDS)


@dataclass
class Scene:
    """The adapter, its store and one device that has dialled it."""

    outlet: MemoryOutlet
    device: Device
    port: int
    others: list[Device] = field(default_factory=list)

    @property
    def messages(self) -> list[bytes]:
        return [each.frame.raw for each in self.outlet.committed if each.frame]

    @property
    def kept(self) -> list[tuple[bytes, str]]:
        return [(each.raw, each.reason) for each in self.outlet.quarantined]

    async def hear(self, data: bytes) -> bytes:
        """Say ``data`` at once and hang up; all the answers."""
        self.device.writer.write(data)
        return await self.device.hang_up()


@asynccontextmanager
async def scene(outlet: MemoryOutlet | None = None, **settings: object) -> AsyncIterator[Scene]:
    store = outlet or MemoryOutlet()
    made = adapter(store, **settings)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        yield Scene(store, await Device.dial(made.config.port), made.config.port)


async def test_a_clean_session_is_one_result() -> None:
    async with scene() as line:
        assert await line.device.deliver(RECORDS) == ACK * 8
        await line.device.hang_up()
    (fact,) = line.outlet.facts
    assert isinstance(fact.payload, LabResult)
    assert (fact.payload.specimen, fact.payload.call, fact.payload.status) == ("DN0812-0007", "NEG", "F")
    assert line.outlet.states == [("ONLINE", "")]
    assert not line.outlet.pieces


async def test_one_byte_a_segment_and_everything_in_one_segment() -> None:
    for size in (1, 10_000):
        async with scene() as line:
            stream = session(RECORDS)
            for at in range(0, len(stream), size):
                line.device.writer.write(stream[at : at + size])
                await line.device.writer.drain()
            assert await line.device.hang_up() == ACK * 8
        assert line.messages == [MESSAGE]


async def test_a_frame_repeated_because_our_ack_was_lost_is_one_result() -> None:
    async with scene() as line:
        await line.device.say(ENQ)
        for each in frames(RECORDS):
            assert await line.device.say(each) + await line.device.say(each) == ACK * 2
        await line.hear(EOT)
    assert line.messages == [MESSAGE]


async def test_a_wrong_checksum_is_refused_and_the_resent_frame_taken() -> None:
    async with scene() as line:
        await line.device.say(ENQ)
        first, *rest = frames(RECORDS)
        assert await line.device.say(first[:-4] + b"00\r\n") == NAK
        for each in (first, *rest):
            assert await line.device.say(each) == ACK
        await line.hear(EOT)
    assert line.messages == [MESSAGE]


@pytest.mark.parametrize(("numbering", "answer"), [("resync", ACK), ("strict", NAK), ("ignore", ACK)])
async def test_a_wrong_frame_number_is_for_the_setting_to_judge(numbering: str, answer: bytes) -> None:
    async with scene(link={"numbering": numbering}) as line:
        await line.device.say(ENQ)
        await line.device.say(frame(1, RECORDS[0]))
        assert await line.device.say(frame(4, RECORDS[1])) == answer


async def test_frames_of_240_bytes_are_joined() -> None:
    parts = [MESSAGE[at : at + 240] for at in range(0, len(MESSAGE), 240)]
    stream = b"".join(frame(at, part, ETB) for at, part in enumerate(parts[:-1], 1))
    async with scene() as line:
        answers = await line.hear(ENQ + stream + frame(len(parts), parts[-1]) + EOT)
    assert answers == ACK * (len(parts) + 1)
    assert line.messages == [MESSAGE]


async def test_a_damaged_etb_frame_is_refused_alone() -> None:
    first, second = frame(1, MESSAGE[:200], ETB), frame(2, MESSAGE[200:])
    async with scene() as line:
        assert await line.hear(ENQ + first.replace(b"COV", b"CQV") + first + second + EOT) == b"".join(
            (ACK, NAK, ACK, ACK)
        )
    assert line.messages == [MESSAGE]


async def test_a_line_lost_before_eot_keeps_what_came() -> None:
    async with scene() as line:
        await line.hear(ENQ + b"".join(frames(RECORDS)[:5]))
    assert line.kept == [(b"".join(RECORDS[:5]), "astm.line_closed")]
    assert not line.messages
    assert not line.outlet.pieces


async def test_enquiry_and_frame_in_one_segment_last_frame_and_eot_in_one() -> None:
    sent = frames(RECORDS)
    async with scene() as line:
        line.device.writer.write(ENQ + sent[0])
        assert await line.device.reader.readexactly(2) == ACK * 2
        for each in sent[1:-1]:
            await line.device.say(each)
        assert await line.hear(sent[-1] + EOT) == ACK
    assert line.messages == [MESSAGE]


async def test_a_sender_that_begins_anew() -> None:
    async with scene() as line:
        await line.hear(ENQ + b"".join(frames(RECORDS)[:2]) + session(RECORDS))
    assert line.messages == [MESSAGE]
    assert line.kept == [(b"".join(RECORDS[:2]), "astm.restarted")]


CUTS = range(1, len(session(RECORDS)), 29)


@pytest.mark.parametrize("at", CUTS)
async def test_a_session_cut_anywhere_and_sent_again_is_one_event(at: int) -> None:
    """Before the cut nothing is a result, unless all of it had come: then both are the same fact."""
    stream = session(RECORDS)
    async with scene() as line:
        await line.hear(stream[:at])
        assert await (await Device.dial(line.port)).deliver(RECORDS) == ACK * 8
    assert set(line.messages) == {MESSAGE}
    assert len({(fact.key, fact.payload) for fact in line.outlet.facts}) == 1
    assert not line.outlet.pieces


async def test_who_cannot_store_says_so_to_the_enquiry() -> None:
    async with scene(MemoryOutlet(refuse=True)) as line:
        assert await line.device.say(ENQ) == NAK
        line.outlet.refuse = False
        assert await line.device.deliver(RECORDS) == ACK * 8


async def test_a_store_that_fails_in_the_middle_is_a_nak_and_the_frame_comes_again() -> None:
    async with scene() as line:
        sent = frames(RECORDS)
        for each in (ENQ, *sent[:3]):
            await line.device.say(each)
        line.outlet.refuse = True
        assert await line.device.say(sent[3]) == NAK
        line.outlet.refuse = False
        for each in sent[3:]:
            assert await line.device.say(each) == ACK
    assert line.messages == [MESSAGE]


@pytest.mark.parametrize("sent", [2, len(RECORDS) - 1])
async def test_a_store_that_hangs_is_a_nak_in_the_devices_time(
    sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device waits fifteen seconds for an answer; what was not stored by then it keeps."""
    assert astm_line.COMMIT_SECONDS < 15
    monkeypatch.setattr(astm_line, "COMMIT_SECONDS", 0.05)
    async with scene() as line:
        for each in (ENQ, *frames(RECORDS)[:sent]):
            await line.device.say(each)
        line.outlet.hold()
        assert await line.device.say(frames(RECORDS)[sent]) == NAK
        line.outlet.release()
        for each in frames(RECORDS)[sent:]:
            assert await line.device.say(each) == ACK
    assert MESSAGE in line.messages
    assert len({(fact.key, fact.payload) for fact in line.outlet.facts}) == 1


async def test_what_was_left_behind_is_quarantined_before_the_port_is_opened() -> None:
    outlet = MemoryOutlet(pieces={"n1": b"H|@^\\|M1\rP|1\r"})
    made = adapter(outlet)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        await Device.dial(made.config.port)
        assert [(kept.raw, kept.reason) for kept in outlet.quarantined] == [
            (b"H|@^\\|M1\rP|1\r", "astm.unfinished")
        ]
    assert not outlet.pieces


async def test_a_silent_session_ends() -> None:
    async with scene(link={"silence_seconds": 0.05}) as line:
        await line.device.say(ENQ)
        await line.device.say(frame(1, RECORDS[0]))
        while not line.kept:
            await line.outlet.queued.get()
            await asyncio.sleep(0)
        assert await line.device.say(frame(2, RECORDS[1])) == NAK
    assert line.kept == [(RECORDS[0], "astm.silence")]


async def test_results_come_by_the_line_that_we_dialled() -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.put_nowait(await Device(reader, writer).deliver(RECORDS))
        writer.close()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    async with asyncio.timeout(PATIENCE_SECONDS), server:
        with pytest.raises(DeviceUnavailable, match="closed by the device"):
            await adapter(outlet, role="dial", port=server.sockets[0].getsockname()[1]).run()
    assert answers.get_nowait() == ACK * 8
    assert len(outlet.facts) == 1


async def sent_to(members: Sequence[AstmTcp], texts: Sequence[bytes]) -> bytes:
    async with background(AstmTcp.run_shared(members)):
        device = await Device.dial(members[0].config.port)
        return await device.deliver(texts) + await device.hang_up()


@pytest.mark.parametrize(
    ("senders", "texts", "facts"),
    [
        (("LAB^GeneXpert^*", "OTHER"), RECORDS, [1, 0]),
        (("OTHER", "LAB"), RECORDS, [0, 1]),
        (("OTHER", "LAB"), [b"MSH|^~\\&|LAB|X|||20260812||ORU^R01|7|P|2.5\rPID|1\r"], [0, 0]),
    ],
)
async def test_devices_of_one_port_are_told_apart_by_h5(
    senders: tuple[str, ...], texts: list[bytes], facts: list[int]
) -> None:
    port = free_port()
    outlets = [MemoryOutlet() for _ in senders]
    members = [
        AstmTcp(config(id=f"x-{at}", port=port, match={"sender": sender}), outlets[at])
        for at, sender in enumerate(senders)
    ]
    assert await sent_to(members, texts) == ACK * (len(texts) + 1)
    assert [len(outlet.facts) for outlet in outlets] == facts
    assert not [kept for outlet in outlets for kept in outlet.quarantined]


async def test_devices_of_one_port_are_told_apart_by_their_address() -> None:
    port, outlets = free_port(), [MemoryOutlet(), MemoryOutlet()]
    members = [
        AstmTcp(config(id=f"x-{at}", port=port, match={"peer": peer}), outlets[at])
        for at, peer in enumerate(("10.1.2.0/24", "127.0.0.0/8"))
    ]
    assert await sent_to(members, RECORDS) == ACK * 8
    assert [len(outlet.facts) for outlet in outlets] == [0, 1]


@pytest.mark.parametrize(
    ("senders", "reason"), [(("A", "B"), "link.unmatched"), (("LAB", "LAB^*"), "link.ambiguous")]
)
async def test_what_fits_none_or_several_is_never_guessed(senders: tuple[str, ...], reason: str) -> None:
    port = free_port()
    outlets = [MemoryOutlet() for _ in senders]
    members = [
        AstmTcp(config(id=f"x-{at}", port=port, match={"sender": sender}), outlets[at])
        for at, sender in enumerate(senders)
    ]
    assert await sent_to(members, RECORDS) == ACK * 8
    (entry,) = outlets[0].committed
    assert entry.malformed is not None
    assert (entry.malformed.reason, entry.malformed.raw, entry.attributed) == (reason, MESSAGE, False)

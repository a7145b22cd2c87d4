"""Orders that the hospital's own system sends by itself: to the device as they came, and its answer back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm_sender import AstmSender
from adapters.lab_analyzers.astm_tcp import AstmTcp
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from adapters.lab_analyzers.mllp_sender import MllpSender
from hub.contract import Adapter, DeviceConfig, Dropped, Offered, Settled, Step, Transmit
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from tests.fire.patience import until
from tests.forward.parts import NAME, message, settings, the_forward
from tests.forward.test_queries import astm_lis
from tests.lab_analyzers.astm.device import ACK, ENQ, EOT, NAK, PATIENCE_SECONDS, Device, frame, records
from tests.lab_analyzers.astm.device import config as astm_config
from tests.lab_analyzers.line import connect, framed, msa, oru, read_answer
from tests.ports import free_port

ORDER = (
    "MSH|^~\\&|LIS|BV|PCR||20260801093000||OML^O33^OML_O33|LIS-7|P|2.5.1|||NE|AL||UNICODE UTF-8\r"
    f"PID|1||77||{NAME}\rSPM|1|S-1\rORC|NW\rOBR|1|P-1||94500-6^SARS-CoV-2^LN\r"
).encode()
ANSWER = b"MSH|^~\\&|PCR||LIS|BV|20260801093001||ORL^O34|A-1|P|2.5.1\rMSA|AA|LIS-7\rORC|OK|P-1\r"
RECORDS = [b"H|\\^&|||LIS\r", f"P|1||7||{NAME}\r".encode(), b"O|1|S-1||^^^COV2|R||||||N\r", b"L|1|N\r"]
RAW = b"".join(RECORDS)
FRAMES = [frame(at, text) for at, text in enumerate(RECORDS, 1)]


def offered(steps: list[Step]) -> Offered:
    (one,) = [step for step in steps if isinstance(step, Offered)]
    return one


# The senders, pure.


def test_by_mllp_an_order_is_offered_and_its_answer_is_the_devices_own() -> None:
    sender = MllpSender(30.0)
    sender.open()
    one = offered(sender.receive(framed(ORDER), 1.0))
    assert (one.raw, one.seconds) == (ORDER, 30.0)
    assert sender.reply(one, ANSWER, ever=True, now=2.0) == [Transmit(framed(ANSWER))]


@pytest.mark.parametrize(("ever", "code"), [(True, "AE"), (False, "AR")])
def test_by_mllp_what_the_device_does_not_take_is_told(ever: bool, code: str) -> None:
    sender = MllpSender(30.0)
    sender.open()
    one = offered(sender.receive(framed(ORDER), 1.0))
    told, dropped = sender.reply(one, None, ever=ever, now=2.0)
    assert isinstance(told, Transmit)
    assert msa(told.data) == (code, "LIS-7")
    assert dropped == Dropped("answer.not_taken")


@pytest.mark.parametrize("kind", [b"ORU^R01", b"QBP^Q11", b"ADT^A01"])
def test_by_mllp_nothing_but_orders_is_offered(kind: bytes) -> None:
    sender = MllpSender(30.0)
    sender.open()
    told, dropped = sender.receive(framed(ORDER.replace(b"OML^O33^OML_O33", kind)), 1.0)
    assert isinstance(told, Transmit)
    assert msa(told.data) == ("AR", "LIS-7")
    assert dropped == Dropped("answer.unasked")


def opened() -> AstmSender:
    sender = AstmSender(30.0)
    sender.open()
    return sender


def begun(sender: AstmSender, frames: list[bytes] = FRAMES) -> list[list[Step]]:
    return [sender.receive(each, 1.0) for each in (ENQ, *frames)]


def test_by_astm_the_last_frame_is_acknowledged_when_the_device_has_the_order() -> None:
    sender = opened()
    *before, last = begun(sender)
    assert before == [[Transmit(ACK)]] * len(FRAMES)
    one = offered(last)
    assert (last, one.raw, one.seconds) == ([one], RAW, 12.0)
    assert sender.reply(one, b"", ever=True, now=2.0) == [Transmit(ACK)]
    assert sender.receive(EOT, 3.0) == []
    assert sender.send(RAW, 4.0) == [Transmit(ENQ)], "and our own goes on"


def test_by_astm_what_the_device_does_not_take_is_refused_and_comes_again() -> None:
    sender = opened()
    one = offered(begun(sender)[-1])
    assert sender.reply(one, None, ever=True, now=2.0) == [Transmit(NAK), Dropped("answer.not_taken")]
    again = offered(sender.receive(FRAMES[-1], 3.0))
    assert again.raw == RAW
    assert sender.reply(one, b"", ever=True, now=4.0) == [], "nobody waits for the first one"
    assert sender.reply(again, b"", ever=True, now=4.0) == [Transmit(ACK)]


@pytest.mark.parametrize("record", [b"R|1|^^^COV2|1\r", b"Q|1|^S-1||||||||||O\r"])
def test_by_astm_nothing_but_orders_is_offered(record: bytes) -> None:
    texts = [RECORDS[0], record, RECORDS[-1]]
    *_, last = begun(opened(), [frame(at, text) for at, text in enumerate(texts, 1)])
    assert last == [Dropped("answer.unasked"), Transmit(NAK)]


def test_by_astm_what_has_no_end_is_no_order() -> None:
    sender = opened()
    one = offered(begun(sender)[-1])
    sender.reply(one, None, ever=True, now=2.0)
    assert sender.receive(EOT, 3.0) == [Dropped("answer.unasked")]


def test_by_astm_our_own_message_waits_for_the_end_of_their_session() -> None:
    sender = opened()
    one = offered(begun(sender)[-1])
    assert sender.send(RAW, 2.0) == []
    assert sender.reply(one, b"", ever=True, now=3.0) == [Transmit(ACK)]
    assert sender.receive(EOT, 4.0) == [Transmit(ENQ)]


PIECES = st.sampled_from([ENQ, ACK, NAK, EOT, *FRAMES, FRAMES[2][:9], b"\r\n"])


@given(st.lists(st.tuples(st.sampled_from(["hear", "send", "take", "refuse"]), PIECES), max_size=40))
def test_whatever_comes_each_order_is_answered_once_and_ours_end_once(said: list[tuple[str, bytes]]) -> None:
    sender, waiting, sending, now = opened(), list[Offered](), False, 0.0
    for what, piece in said:
        now += 1.0
        steps: list[Step] = []
        if what == "send" and not sending:
            sending, steps = True, sender.send(RAW, now)
        elif what in ("take", "refuse") and waiting:
            steps = sender.reply(waiting.pop(), b"" if what == "take" else None, ever=True, now=now)
        else:
            steps = sender.receive(piece, now)
        waiting += [step for step in steps if isinstance(step, Offered)]
        ends = [step for step in steps if isinstance(step, Settled)]
        assert len(ends) <= sending
        sending = sending and not ends
        assert all(step.raw.endswith(b"\r" + RECORDS[-1]) for step in waiting)  # it has its end


# An edge between a LIS and a device.


@asynccontextmanager
async def edge_between(
    folder: Path, device: DeviceConfig, kind: type[Adapter[Any]], to: str
) -> AsyncIterator[Edge]:
    forward = settings(1, device=device.id, to=to, answer_seconds=5)
    made = EdgeSettings(
        "edge-1", "bv", "1", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 1),
        forwards=(forward,),
    )  # fmt: skip
    edge = Edge(made, (device,), lambda _: kind)
    await edge.open()
    task = asyncio.create_task(edge.run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield edge
    finally:
        task.cancel()
        await asyncio.wait({task})


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def mllp_lis() -> AsyncIterator[tuple[int, "asyncio.Queue[Line]"]]:
    lines: asyncio.Queue[Line] = asyncio.Queue()
    server = await asyncio.start_server(lambda *line: lines.put_nowait(line), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], lines


def pcr(**changed: object) -> Hl7MllpConfig:
    given = {"id": "pcr-1", "site": "bv", "kind": "hl7_mllp", "port": free_port(), "orders": "download"}
    return Hl7MllpConfig.model_validate(given | changed)


async def hear(line: Line) -> bytes:
    return await read_answer(line[0])


async def test_by_mllp_the_device_gets_the_order_byte_for_byte_and_the_lis_its_answer(tmp_path: Path) -> None:
    """On a line that stands without anything to deliver; names are kept nowhere."""
    config = pcr()
    async with (
        mllp_lis() as (port, lines),
        edge_between(tmp_path, config, Hl7Mllp, f"mllp://127.0.0.1:{port}") as edge,
    ):
        device = await connect(config.port)
        device[1].write(framed(oru("M1", "S-9")))
        assert msa(await hear(device)) == ("AA", "M1")
        lis = await lines.get()
        result = await hear(lis)
        lis[1].write(framed(ORDER))  # before it says anything to the result
        assert await hear(device) == ORDER
        device[1].write(framed(ANSWER.replace(b"|AA|", b"|CA|").replace(b"A-1", b"A-0")))
        device[1].write(framed(ANSWER))
        assert await hear(lis) == ANSWER
        assert result == oru("M1", "S-9")
        counters = the_forward(edge).counters
        assert (counters.orders_passed, counters.orders_not_taken) == (1, 0)
        lis[1].write(framed(ORDER))  # again, since it lost the answer
        assert await hear(device) == ORDER
        device[1].write(framed(ANSWER.replace(b"|AA|", b"|AR|")))
        assert await hear(lis) == ANSWER.replace(b"|AA|", b"|AR|"), "a refusal is the device's word too"
        device[1].close()
        lis[1].close()
        captures = [name for (name,) in await edge.spool._read("SELECT id FROM capture", ())]
        kept = [(await edge.spool.load_capture(name)).contents.raw for name in captures]
    assert ORDER not in kept
    assert NAME.encode() not in _bytes_in(tmp_path)


async def test_by_mllp_a_device_that_is_away_is_told_and_one_that_goes_away(tmp_path: Path) -> None:
    config = pcr()
    async with (
        mllp_lis() as (port, lines),
        edge_between(tmp_path, config, Hl7Mllp, f"mllp://127.0.0.1:{port}") as edge,
    ):
        lis = await lines.get()
        lis[1].write(framed(ORDER))
        assert msa(await hear(lis)) == ("AE", "LIS-7")
        device = await connect(config.port)
        device[1].write(framed(oru("M1", "S-9")))
        assert msa(await hear(device)) == ("AA", "M1")
        assert await hear(lis) == oru("M1", "S-9")
        lis[1].write(framed(ORDER))
        assert await hear(device) == ORDER
        device[1].close()
        assert msa(await hear(lis)) == ("AE", "LIS-7")
        assert the_forward(edge).counters.orders_not_taken == 2
        lis[1].close()


async def test_by_mllp_a_device_that_is_sent_nothing_refuses_for_good(tmp_path: Path) -> None:
    """And no line stands for it before something waits."""
    config = pcr(orders="query")
    async with (
        mllp_lis() as (port, lines),
        edge_between(tmp_path, config, Hl7Mllp, f"mllp://127.0.0.1:{port}") as edge,
    ):
        device = await connect(config.port)
        assert lines.empty()
        device[1].write(framed(message(1)))
        lis = await lines.get()
        await hear(lis)
        lis[1].write(framed(ORDER))
        assert msa(await hear(lis)) == ("AR", "LIS-7")
        assert the_forward(edge).counters.orders_passed == 0
        device[1].close()
        lis[1].close()


async def test_a_lis_that_hangs_up_at_once_is_dialled_again_after_a_pause(tmp_path: Path) -> None:
    async with (
        mllp_lis() as (port, lines),
        edge_between(tmp_path, pcr(), Hl7Mllp, f"mllp://127.0.0.1:{port}") as edge,
    ):
        for _ in range(3):
            (await lines.get())[1].close()
        lis = await lines.get()
        await until(lambda: the_forward(edge).counters.connected, "the line stands")
        assert the_forward(edge).counters.trouble == ""
        lis[1].close()


async def test_by_astm_the_device_gets_the_records_and_the_lis_its_last_ack(tmp_path: Path) -> None:
    config = astm_config(port=free_port(), orders="download", profile="sysmex-xn")
    async with (
        astm_lis() as (port, lines),
        edge_between(tmp_path, config, AstmTcp, f"astm://127.0.0.1:{port}") as edge,
    ):
        lis = await lines.get()
        device = await Device.dial(config.port)
        assert await device.deliver(records()) == ACK * 8
        assert await lis.receive() == b"".join(records())
        answers = asyncio.create_task(lis.deliver(RECORDS))
        assert await device.receive() == RAW
        assert await answers == ACK * 5
        await until(lambda: the_forward(edge).counters.orders_passed == 1, "counted")
        device.writer.close()
        lis.writer.close()
    assert NAME.encode() not in _bytes_in(tmp_path)


async def test_by_astm_a_device_that_is_away_leaves_the_order_with_the_lis(tmp_path: Path) -> None:
    config = astm_config(port=free_port(), orders="download", profile="sysmex-xn")
    async with (
        astm_lis() as (port, lines),
        edge_between(tmp_path, config, AstmTcp, f"astm://127.0.0.1:{port}") as edge,
    ):
        lis = await lines.get()
        assert await lis.deliver(RECORDS) == ACK * 4 + NAK
        device = await Device.dial(config.port)
        answers = asyncio.create_task(lis.deliver(RECORDS))
        await device.receive(answers=[ACK, *[NAK] * 6])
        assert await answers == ACK * 4 + NAK, "it did not take the frames"
        assert the_forward(edge).counters.orders_not_taken == 2
        device.writer.close()
        lis.writer.close()


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

"""The sending side of an ASTM link as a forward drives it."""

import asyncio

import pytest

from adapters.lab_analyzers.astm_sender import AstmSender
from hub.contract import Settled, Step, Transmit
from hub.edge.courier import dialled

ENQ, ACK, NAK, EOT, STX, ETX, CR, LF = (
    b"\x05", b"\x06", b"\x15", b"\x04", b"\x02", b"\x03", b"\r", b"\n"
)  # fmt: skip
RAW = b"H|\\^&|||PCR\rP|1||17||Hoa\rO|1|S1\rL|1|N\r"


def frame(number: int, record: bytes) -> bytes:
    text = b"%d" % number + record + CR + ETX
    return STX + text + b"%02X" % (sum(text) % 256) + CR + LF


FRAMES = [frame(number, record) for number, record in enumerate(RAW.rstrip(CR).split(CR), 1)]


def answered(sender: AstmSender, *answers: bytes) -> list[list[Step]]:
    return [sender.receive(answer, 1.0) for answer in answers]


def test_every_record_is_a_frame_and_the_last_ack_is_the_receipt() -> None:
    sender = AstmSender(30.0)
    assert sender.send(RAW, 0.0) == [Transmit(ENQ)]
    *told, last = answered(sender, *[ACK] * (len(FRAMES) + 1))
    assert told == [[Transmit(each)] for each in FRAMES]
    assert last == [Transmit(EOT), Settled("DELIVERED", "ACK")]
    assert sender.deadline is None
    assert sender.send(RAW, 2.0) == [Transmit(ENQ)], "and the next one"


def test_a_refused_frame_goes_again_six_times() -> None:
    sender = AstmSender(30.0)
    sender.send(RAW, 0.0)
    steps = answered(sender, ACK, *[NAK] * 6)
    assert steps[:6] == [[Transmit(FRAMES[0])]] * 6
    assert steps[6] == [Transmit(EOT), Settled("AGAIN", "astm.refused")]


def test_a_busy_receiver_gets_it_later() -> None:
    sender = AstmSender(30.0)
    sender.send(RAW, 0.0)
    assert sender.receive(NAK, 1.0) == [Settled("AGAIN", "astm.busy")]
    assert sender.send(RAW, 20.0) == [Transmit(ENQ)]


@pytest.mark.parametrize("answers", [0, 1, 3])
def test_silence_ends_the_session_and_the_line(answers: int) -> None:
    sender = AstmSender(5.0)
    sender.send(RAW, 1.0)
    answered(sender, *[ACK] * answers)
    assert sender.tick(5.9) == []
    assert sender.tick(6.0) == [Transmit(EOT), Settled("AGAIN", "astm.no_reply", hang_up=True)]


def test_what_the_other_side_begins_is_turned_away() -> None:
    sender = AstmSender(30.0)
    assert sender.receive(ENQ, 1.0) == [Transmit(NAK)]
    assert sender.send(b"\r", 1.0) == [Settled("REFUSED", "astm.empty")]


async def test_a_message_goes_over_a_real_line() -> None:
    heard = bytearray()

    async def receiver(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            heard.extend(data)
            if not data.endswith(EOT):
                writer.write(ACK)
        writer.close()

    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(10), dialled("127.0.0.1", port, None, AstmSender(5.0), pytest.fail) as line:
        for _ in range(2):
            await line.ready()
            assert await line.deliver(RAW, "name") == Settled("DELIVERED", "ACK")
    server.close()
    assert bytes(heard) == (ENQ + b"".join(FRAMES) + EOT) * 2

"""The sending side of an ASTM link as a forward drives it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm_sender import AstmSender
from hub.contract import Answered, Settled, Step, Transmit
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


QUERY = b"H|\\^&|||PCR\rQ|1|^S1||||||||||O\rL|1|N\r"
TOLD = b"H|\\^&|||LIS\r\rP|1||7||Hoa\rO|1|S1||^^^A|R\rL|1|F\r"
SESSION = [frame(1, TOLD.rstrip(CR))]


def asked(now: float = 0.0) -> AstmSender:
    """A query that the other side has acknowledged to its last frame."""
    sender = AstmSender(30.0)
    assert sender.ask(QUERY, now) == [Transmit(ENQ)]
    assert answered(sender, *[ACK] * 4)[-1] == [Transmit(EOT)]
    return sender


def test_a_query_is_told_the_next_session_of_the_other_side() -> None:
    sender = asked()
    assert answered(sender, ENQ, *SESSION) == [[Transmit(ACK)]] * 2
    assert sender.receive(EOT, 2.0) == [Answered(TOLD)]
    assert sender.deadline is None
    assert sender.receive(ENQ, 3.0) == [Transmit(NAK)], "and no further one"
    assert sender.send(RAW, 4.0) == [Transmit(ENQ)]


def test_several_messages_of_one_session_are_one_answer() -> None:
    again = frame(2, TOLD.rstrip(CR))
    assert answered(asked(), ENQ + SESSION[0] + again + EOT) == [[*[Transmit(ACK)] * 3, Answered(TOLD * 2)]]


def test_an_answer_cut_anywhere_and_damaged_once_is_whole() -> None:
    sender, stream = asked(), ENQ + SESSION[0][:-4] + b"00" + CR + LF + SESSION[0] + EOT
    steps = [step for at in range(len(stream)) for step in sender.receive(stream[at : at + 1], 1.0)]
    assert steps == [Transmit(ACK), Transmit(NAK), Transmit(ACK), Answered(TOLD)]


def test_an_answer_whose_end_does_not_come_counts_at_its_time() -> None:
    sender = asked()
    answered(sender, ENQ, *SESSION)
    assert sender.tick(29.9) == []
    assert sender.tick(30.0)[-1] == Answered(TOLD)


@pytest.mark.parametrize("said", [[], [ENQ], [ENQ, SESSION[0][:20]], [ENQ, EOT]])
def test_a_query_without_an_answer_ends_in_its_time(said: list[bytes]) -> None:
    sender = asked()
    answered(sender, *said)
    assert sender.tick(30.0)[-1] == Settled("AGAIN", "astm.no_answer", hang_up=True)


def test_a_query_that_is_interrupted_behind_its_last_frame_is_answered_too() -> None:
    sender = AstmSender(30.0)
    sender.ask(QUERY, 0.0)
    answered(sender, ACK, ACK, ACK, EOT)
    assert answered(sender, ENQ + SESSION[0] + EOT)[-1][-1] == Answered(TOLD)


PIECES = st.sampled_from([ENQ, ACK, NAK, EOT, STX, *SESSION, SESSION[0][:9], b"7x\x03", b"\r\n", b"noise"])


@given(st.lists(st.tuples(st.booleans(), PIECES, st.floats(0, 40)), max_size=40))
def test_whatever_comes_a_query_ends_once_and_the_next_message_goes_out(
    said: list[tuple[bool, bytes, float]],
) -> None:
    """Control characters, frames and noise in any order and time; an answer is never but what came whole."""
    sender, now, asking = AstmSender(10.0), 0.0, False
    for begin, piece, seconds in said:
        now += seconds
        steps = sender.tick(now)
        if begin and not asking:
            asking, steps = True, [*steps, *sender.ask(QUERY, now)]
        steps += sender.receive(piece, now)
        told = [step for step in steps if isinstance(step, Answered | Settled)]
        assert len(told) <= asking
        assert all(step.raw.replace(TOLD, b"") == b"" for step in told if isinstance(step, Answered))
        assert not any(isinstance(step, Settled) and step.outcome == "DELIVERED" for step in told)
        asking = asking and not told
    late = [step for seconds in (20, 40, 60) for step in sender.tick(now + seconds)]
    assert len([step for step in late if isinstance(step, Answered | Settled)]) == asking
    begun = sender.send(RAW, now + 100) + sender.tick(now + 200)  # behind a frame that never ended
    assert Transmit(ENQ) in begun


@pytest.mark.parametrize(("said", "code"), [([NAK], "astm.busy"), ([ACK, *[NAK] * 6], "astm.refused")])
def test_a_query_that_is_not_taken_has_no_answer(said: list[bytes], code: str) -> None:
    sender = AstmSender(30.0)
    sender.ask(QUERY, 0.0)
    assert answered(sender, *said)[-1][-1] == Settled("AGAIN", code)
    assert sender.deadline is None


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

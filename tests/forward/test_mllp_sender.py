"""The sending side of MLLP without I/O."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.mllp_sender import MllpSender
from hub.contract import Answered, Dropped, Settled, Step, Transmit
from tests.forward.lis import CR, FS, VT, answer

RAW = b"MSH|^~\\&|A|B|C|D|20210805||ORU^R01|C-17|P|2.5.1\rPID|1\r"


def outstanding() -> MllpSender:
    sender = MllpSender(30.0)
    assert sender.send(RAW, 100.0) == [Transmit(VT + RAW + FS + CR)]
    assert sender.deadline == 130.0
    return sender


def heard(sender: MllpSender, chunks: Sequence[bytes]) -> list[Step]:
    return [step for chunk in chunks for step in sender.receive(chunk, 101.0)]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("AA", "DELIVERED"), ("AE", "AGAIN"), ("CE", "AGAIN"), ("AR", "REFUSED"), ("CR", "REFUSED")],
)
def test_its_own_answer_settles_a_message(code: str, outcome: str) -> None:
    sender = outstanding()
    assert sender.receive(answer(code, b"C-17"), 101.0) == [Settled(outcome, code)]  # type: ignore[arg-type]
    assert sender.deadline is None
    assert sender.receive(answer(code, b"C-17"), 102.0) == [Dropped("answer.late")]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (answer("AA", b"C-18"), "answer.foreign"),
        (answer("AA", b""), "answer.foreign"),
        (answer("CA", b"C-17"), "answer.commit_accept"),
        (answer("XX", b"C-17"), "answer.unknown"),
        (VT + b"MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5" + FS + CR, "answer.unreadable"),
        (VT + FS + CR, "answer.unreadable"),
    ],
)
def test_anything_else_settles_nothing(block: bytes, code: str) -> None:
    sender = outstanding()
    steps = sender.receive(block, 101.0)
    assert set(steps) == {Dropped(code)}
    assert sender.receive(answer("AA", b"C-17"), 102.0) == [Settled("DELIVERED", "AA")]


@pytest.mark.parametrize("kind", [b"OML^O33^OML_O33", b"ORU^R01", b"QBP^Q11"])
def test_what_the_other_side_begins_is_refused_and_settles_nothing(kind: bytes) -> None:
    sender = outstanding()
    unasked = RAW.replace(b"ORU^R01", kind).replace(b"C-17", b"LIS-1")
    refusal, dropped = sender.receive(b"PONG" + VT + unasked + FS + CR, 101.0)[-2:]
    assert dropped == Dropped("answer.unasked")
    assert isinstance(refusal, Transmit)
    assert b"\rMSA|AR|LIS-1\r" in refusal.data
    assert sender.receive(answer("AA", b"C-17"), 102.0) == [Settled("DELIVERED", "AA")]


QUERY = b"MSH|^~\\&|A|B|C|D|20210805||QBP^Q11|C-17|P|2.5.1\rQPD|WOS|1|S1\rRCP|I\r"


def asking() -> MllpSender:
    sender = MllpSender(30.0)
    assert sender.ask(QUERY, 100.0) == [Transmit(VT + QUERY + FS + CR)]
    return sender


def response(code: bytes, kind: bytes = b"RSP^K11^RSP_K11", control: bytes = b"C-17") -> bytes:
    head = b"MSH|^~\\&|LIS||||1||" + kind + b"|9|P|2.5.1\r"
    return head + b"MSA|" + code + b"|" + control + b"\rQAK|1|OK\rPID|1||7||Hoa\r"


@pytest.mark.parametrize(
    "told", [response(b"AA"), response(b"AE"), response(b"AR"), response(b"AA", b"ACK"), response(b"XX")]
)
def test_a_query_is_told_what_the_other_side_says_byte_for_byte(told: bytes) -> None:
    sender = asking()
    assert sender.receive(answer("CA", b"C-17"), 101.0) == [Dropped("answer.commit_accept")]
    assert sender.receive(VT + told + FS + CR, 101.0) == [Answered(told)]
    assert sender.deadline is None
    assert sender.send(RAW, 102.0) == [Transmit(VT + RAW + FS + CR)]
    assert sender.receive(answer("AA", b"C-17"), 103.0) == [Settled("DELIVERED", "AA")], "no query any more"


@pytest.mark.parametrize("code", ["AE", "AR", "CE", "CR"])
def test_a_query_that_is_not_taken_has_no_answer(code: str) -> None:
    (settled,) = asking().receive(answer(code, b"C-17"), 101.0)
    assert isinstance(settled, Settled)
    assert (settled.code, settled.outcome == "DELIVERED") == (code, False)


def test_no_other_block_answers_a_query() -> None:
    sender = asking()
    foreign = VT + response(b"AA", control=b"C-18") + FS + CR
    headless = VT + b"MSA|AA|C-17" + FS + CR
    assert sender.receive(foreign + headless, 101.0) == [
        Dropped("answer.foreign"),
        Dropped("answer.unreadable"),
    ]
    assert sender.tick(130.0) == [Settled("AGAIN", "no_answer", hang_up=True)]


def test_silence_hangs_up_so_that_no_late_answer_can_settle_the_next() -> None:
    sender = outstanding()
    assert sender.tick(129.9) == []
    assert sender.tick(130.0) == [Settled("AGAIN", "no_answer", hang_up=True)]


def test_fs_alone_ends_an_answer_once_the_line_is_quiet() -> None:
    sender = outstanding()
    assert sender.receive(answer("AA", b"C-17")[:-1], 101.0) == []
    assert sender.deadline == pytest.approx(101.2)
    assert sender.tick(101.2) == [Settled("DELIVERED", "AA")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"PID|1\r", "hl7.no_msh"), (b"MSH|^~\\&|A|B|C|D|1||ORU||P|2.5\r", "hl7.no_control_id")],
)
def test_what_no_answer_could_name_is_refused(raw: bytes, code: str) -> None:
    sender = MllpSender(30.0)
    assert sender.send(raw, 0.0) == [Settled("REFUSED", code)]
    assert sender.deadline is None


def test_an_answer_in_other_delimiters_is_read() -> None:
    sender = outstanding()
    block = VT + b"MSH#*~\\&#A#B#C#D#1##ACK#1#P#2.5\nMSA#AA#C-17\n" + FS + CR
    assert sender.receive(block, 101.0) == [Settled("DELIVERED", "AA")]


HEAD = VT + b"MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AA|"
PIECES = (
    st.binary(max_size=200)
    | st.binary(max_size=50).map(lambda told: HEAD + told + FS + CR)
    | st.sampled_from([VT, FS, CR, FS + CR])
)


@given(st.lists(st.integers(0, 400), max_size=8))
def test_any_cut_gives_the_same_steps(cuts: list[int]) -> None:
    stream = b"\r\n" + answer("AA", b"x") + answer("CA", b"C-17") + answer("AA", b"C-17")
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    chunks = [stream[begin:end] for begin, end in pairwise(places)]
    assert heard(outstanding(), chunks) == [
        Dropped("answer.foreign"),
        Dropped("answer.commit_accept"),
        Settled("DELIVERED", "AA"),
    ]


@given(st.lists(PIECES, max_size=20))
def test_any_bytes_are_taken_and_settle_nothing_but_by_our_own_control_id(chunks: list[bytes]) -> None:
    sender = outstanding()
    steps = heard(sender, chunks)
    assert all(isinstance(step, Dropped | Transmit) for step in steps) or b"C-17" in b"".join(chunks)

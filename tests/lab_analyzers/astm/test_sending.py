"""Our messages to an analyzer: every answer it may give, and two links on one bad line."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.lab_analyzers.astm.frames import encode
from adapters.lab_analyzers.astm.link import State
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy
from tests.lab_analyzers.astm.lines import MESSAGE, RECORDS, SESSION, Line, framed

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"


def sending(records: bytes = MESSAGE) -> Line:
    line = Line()
    line._all(line.link.send(Outgoing(records, "order-1", Policy()), line.now))
    assert line.said == ENQ
    return line


def test_a_message_goes_out_frame_by_frame() -> None:
    line = sending()
    for at, record in enumerate(RECORDS, 1):
        assert line.hear(ACK) == encode(at, record, last=True)
    assert line.hear(ACK) == EOT
    assert line.outcomes == [("order-1", "")]


def test_a_long_record_is_cut_and_numbers_wrap() -> None:
    line = sending(b"C|" + b"x" * 2400 + b"\r")
    frames = [line.hear(ACK) for _ in range(12)]
    assert [frame[1:2] for frame in frames[:9]] == [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"0", b"1"]
    assert frames[0][-5:-4] == b"\x17"
    assert EOT in frames
    joined = Line()
    joined.hear(ENQ + b"".join(frames))
    assert joined.messages == [b"C|" + b"x" * 2400 + b"\r"]


def test_a_frame_is_tried_six_times() -> None:
    line = sending()
    first = line.hear(ACK)
    assert [line.hear(NAK) for _ in range(6)] == [first] * 5 + [EOT]
    assert line.outcomes == [("order-1", "astm.refused")]


def test_no_answer_in_fifteen_seconds_ends_it() -> None:
    line = sending()
    assert line.wait(15) == EOT
    assert line.outcomes == [("order-1", "astm.no_reply")]


def test_a_nak_to_the_enquiry_means_ten_seconds_of_rest() -> None:
    line = sending()
    line.hear(NAK)
    assert not line.wait(9.9)
    assert line.wait(0.2) == ENQ


def test_both_enquire_and_the_analyzer_goes_first() -> None:
    line = sending()
    assert not line.hear(ENQ)
    assert line.link.state is State.YIELDED
    assert line.hear(SESSION) == ACK * 6 + ENQ
    assert line.messages == [MESSAGE]


def test_an_analyzer_that_does_not_come_back_after_contention_is_asked_again() -> None:
    line = sending()
    line.hear(ENQ)
    assert line.wait(20) == ENQ


def test_an_interrupt_frees_the_line_for_fifteen_seconds() -> None:
    line = sending()
    line.hear(ACK)
    assert line.hear(EOT) == EOT
    assert line.outcomes == [("order-1", "astm.interrupted")]
    line._all(line.link.send(Outgoing(MESSAGE, "order-2", Policy()), line.now))
    assert not line.wait(14.9)
    assert line.wait(0.2) == ENQ


def test_a_line_that_closes_fails_what_waits() -> None:
    line = sending()
    line.close()
    assert line.outcomes == [("order-1", "astm.line_closed")]


def test_a_message_of_theirs_is_not_interrupted_by_ours() -> None:
    line = Line()
    line.hear(ENQ + framed(RECORDS[0]))
    assert not line.link.send(Outgoing(MESSAGE, "order-1", Policy()), line.now)
    assert line.hear(framed(*RECORDS[1:], first=2) + EOT) == ACK * 4 + ENQ


def test_a_message_is_withdrawn_unless_it_is_under_way() -> None:
    line = sending()
    line._all(line.link.send(Outgoing(MESSAGE, "order-2", Policy()), line.now))
    line._all(line.link.withdraw("order-1") + line.link.withdraw("order-2"))
    assert line.outcomes == [("order-2", "astm.withdrawn")]
    for _ in RECORDS:
        line.hear(ACK)
    assert line.hear(ACK) == EOT
    assert line.outcomes[-1] == ("order-1", "")
    assert line.link.idle


def test_a_message_cut_into_frames_whatever_its_records_are() -> None:
    policy = Policy(send_frames="message", send_frame_bytes=100)
    line = Line()
    line._all(line.link.send(Outgoing(MESSAGE, "order-1", policy), line.now))
    parts = [MESSAGE[at : at + 100] for at in range(0, len(MESSAGE), 100)]
    for at, part in enumerate(parts, 1):
        assert line.hear(ACK) == encode(at, part, last=at == len(parts))
    assert line.hear(ACK) == EOT


@pytest.mark.parametrize("packing", ["record", "message"])
@given(records=st.binary(max_size=400).map(lambda raw: raw.replace(b"\n", b"\r")))
def test_nothing_of_a_message_is_left_out(packing: Literal["record", "message"], records: bytes) -> None:
    """A last record without its CR gets one; what is nothing but CR is no message."""
    policy = Policy(send_frames=packing, send_frame_bytes=7)
    outgoing, text = Outgoing(records, None, policy), b""
    frame = outgoing.first()
    while frame is not None:
        text, frame = text + frame[2:-5], outgoing.next()
    whole = records if records.endswith(b"\r") or not records else records + b"\r"
    assert text == (whole if records.strip(b"\r") or packing == "message" else b"")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_two_links_on_a_bad_line_lose_and_double_nothing(data: st.DataObject) -> None:
    """Each transmission may be damaged or lost; after its Outcome "" a message is there at least once."""
    ours, theirs = Line(), Line()
    to_us, to_them = b"", ours._all(ours.link.send(Outgoing(MESSAGE, 1, Policy()), 0.0))
    for _ in range(200):
        if ours.outcomes:
            break
        if to_them or to_us:
            to_us, to_them = _through(data, ours, theirs, to_us, to_them)
        else:
            to_them, to_us = ours.wait(5), theirs.wait(5)
    if ours.outcomes == [(1, "")]:
        assert MESSAGE in theirs.messages
    assert all(message == MESSAGE for message in theirs.messages)


def _through(
    data: st.DataObject, ours: Line, theirs: Line, to_us: bytes, to_them: bytes
) -> tuple[bytes, bytes]:
    heard_us, heard_them = (_spoiled(data, sent) for sent in (to_us, to_them))
    return theirs.hear(heard_them), ours.hear(heard_us)


def _spoiled(data: st.DataObject, sent: bytes) -> bytes:
    fate = data.draw(st.sampled_from(["whole", "whole", "whole", "lost", "damaged"]))
    if fate == "lost" or not sent:
        return b""
    if fate == "damaged":
        at = data.draw(st.integers(0, len(sent) - 1))
        return sent[:at] + bytes((sent[at] ^ 0x01,)) + sent[at + 1 :]
    return sent

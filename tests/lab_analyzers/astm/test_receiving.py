"""What a receiver must do with what analyzers send: the ten scenarios of the field, and their relatives."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm.frames import encode
from adapters.lab_analyzers.astm.link import Link
from adapters.lab_analyzers.astm.policy import Policy
from tests.lab_analyzers.astm.lines import MESSAGE, RECORDS, SESSION, Line, framed

FRAMING = b"\x04\x05\x06\x15 \t\r\n\x00"
ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"


def test_a_clean_session_is_one_message() -> None:
    line = Line()
    assert line.hear(SESSION) == ACK * 6
    assert line.messages == [MESSAGE]
    assert line.pieces == list(RECORDS[:-1])
    assert line.link.idle


def test_one_byte_at_a_time_is_the_same() -> None:
    line = Line()
    for at in range(len(SESSION)):
        line.hear(SESSION[at : at + 1])
    assert (line.said, line.messages) == (ACK * 6, [MESSAGE])


def test_a_frame_sent_again_because_our_ack_was_lost_counts_once() -> None:
    line = Line()
    line.hear(ENQ + framed(RECORDS[0]))
    assert line.hear(framed(RECORDS[0])) == ACK
    line.hear(framed(*RECORDS[1:], first=2) + EOT)
    assert line.messages == [MESSAGE]
    assert line.noted == ["astm.repeated"]


def test_the_last_frame_sent_again_is_no_second_message() -> None:
    line = Line()
    line.hear(ENQ + framed(*RECORDS))
    assert line.hear(framed(RECORDS[-1], first=5)) == ACK
    line.hear(EOT)
    assert line.messages == [MESSAGE]
    assert not line.ended


def test_a_wrong_checksum_is_refused_and_the_same_frame_taken_afterwards() -> None:
    line = Line()
    frame = framed(RECORDS[0])
    line.hear(ENQ)
    assert line.hear(frame[:-4] + b"00\r\n") == NAK
    assert line.hear(frame + framed(*RECORDS[1:], first=2) + EOT) == ACK * 5
    assert line.messages == [MESSAGE]


def test_records_cut_by_etb_are_joined_before_they_are_read() -> None:
    line = Line()
    cut = encode(1, MESSAGE[:30], last=False) + encode(2, MESSAGE[30:97], last=False)
    line.hear(ENQ + cut + encode(3, MESSAGE[97:], last=True) + EOT)
    assert line.messages == [MESSAGE]


def test_a_damaged_part_behind_etb_is_refused_alone() -> None:
    line = Line()
    second = encode(2, MESSAGE[30:], last=True)
    line.hear(ENQ + encode(1, MESSAGE[:30], last=False))
    assert line.hear(second.replace(b"NEGATIVE", b"POSITIVE")) == NAK
    assert line.hear(second + EOT) == ACK
    assert line.messages == [MESSAGE]


def test_a_whole_message_in_one_frame_is_one_commit() -> None:
    line = Line()
    line.hear(ENQ + encode(1, MESSAGE * 6, last=True) + EOT)
    assert line.messages == [MESSAGE * 6]
    assert not line.pieces


@pytest.mark.parametrize(
    ("numbering", "answers", "messages"),
    [("strict", ACK + NAK, 0), ("resync", ACK * 2, 1), ("ignore", ACK * 2, 1)],
)
def test_a_number_out_of_order_is_the_profiles_to_judge(
    numbering: str, answers: bytes, messages: int
) -> None:
    line = Line(Link(Policy(numbering=numbering)))  # type: ignore[arg-type]
    assert line.hear(ENQ + encode(5, MESSAGE, last=True)) == answers
    line.hear(EOT)
    assert len(line.messages) == messages


def test_a_line_that_closes_before_the_end_leaves_what_came_and_no_message() -> None:
    line = Line()
    line.hear(ENQ + framed(*RECORDS[:3]))
    line.close()
    assert line.ended == [(b"".join(RECORDS[:3]), "astm.line_closed")]
    assert not line.messages


def test_thirty_seconds_of_silence_end_a_session() -> None:
    line = Line()
    line.hear(ENQ + framed(*RECORDS[:2]))
    assert not line.wait(29.9)
    line.wait(0.2)
    assert line.ended == [(b"".join(RECORDS[:2]), "astm.silence")]
    assert line.hear(SESSION) == ACK * 6


def test_eot_behind_etb_is_no_message() -> None:
    line = Line()
    line.hear(ENQ + encode(1, MESSAGE[:50], last=False) + EOT)
    assert line.ended == [(MESSAGE[:50], "astm.cut_session")]


def test_a_sender_that_begins_anew_leaves_its_first_try_aside() -> None:
    line = Line()
    line.hear(ENQ + framed(*RECORDS[:2]))
    line.hear(SESSION)
    assert line.ended == [(b"".join(RECORDS[:2]), "astm.restarted")]
    assert line.messages == [MESSAGE]


def test_a_message_without_l_record_ends_with_eot() -> None:
    hl7 = b"MSH|^~\\&|GeneXpert\rPID|1\r"
    line = Line()
    line.hear(ENQ + encode(1, hl7, last=True) + EOT)
    assert line.messages == [hl7]


def test_empty_sessions_and_stray_bytes_are_no_events() -> None:
    line = Line()
    assert line.hear(ENQ + EOT + b"\x00\r\n" + ENQ + ENQ + EOT) == ACK * 3
    assert not line.messages
    assert not line.ended


def test_a_frame_cut_by_the_next_one_gets_no_answer_of_its_own() -> None:
    line = Line()
    line.hear(ENQ)
    assert line.hear(framed(RECORDS[0])[:20] + framed(*RECORDS)) == ACK * 5
    assert line.messages == [MESSAGE]
    assert line.noted == ["astm.cut_frame"]


def test_an_etx_that_became_an_stx_is_one_transmission_with_one_answer() -> None:
    """Two answers to it once made the sender believe that the last frame was stored."""
    line = Line()
    first = framed(RECORDS[0])
    assert line.hear(ENQ + first.replace(b"\x03", b"\x02")) == ACK
    assert line.hear(first) == ACK
    line.hear(framed(*RECORDS[1:], first=2) + EOT)
    assert line.messages == [MESSAGE]


def test_a_frame_that_is_never_finished_ends_as_what_it_is() -> None:
    line = Line()
    line.hear(ENQ + framed(RECORDS[0])[:20])
    line.close()
    assert line.ended == [(framed(RECORDS[0])[:20], "astm.cut_frame")]


def test_who_cannot_store_says_so_to_the_enquiry() -> None:
    line = Line()
    line.link.open_to_messages = False
    assert line.hear(ENQ) == NAK
    assert line.hear(framed(RECORDS[0])) == NAK
    line.link.open_to_messages = True
    assert line.hear(SESSION) == ACK * 6


def test_a_commit_that_fails_is_a_nak_and_the_frame_comes_again() -> None:
    line = Line(refuse=1)
    assert line.hear(ENQ + framed(RECORDS[0])) == ACK + NAK
    assert line.hear(framed(*RECORDS) + EOT) == ACK * 5
    assert line.messages == [MESSAGE]


def test_nothing_is_acknowledged_before_its_commit() -> None:
    link = Link(Policy())
    events = link.receive(SESSION, 0.0)
    assert b"".join(event.data for event in events if hasattr(event, "data")) == ACK  # the enquiry's
    assert not link.receive(b"", 0.0)
    assert link.committed(0.0)


def test_without_checksum_where_the_profile_says_so() -> None:
    line = Line(Link(Policy(checksum=False)))
    frames = b"".join(encode(1 + at, text, last=True, with_checksum=False) for at, text in enumerate(RECORDS))
    assert line.hear(ENQ + frames + EOT) == ACK * 6
    assert line.messages == [MESSAGE]


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b""])
def test_every_end_of_a_frame_that_was_seen(end: bytes) -> None:
    line = Line()
    whole = [encode(at, text, last=True) for at, text in ((1, b"H|x\r"), (2, b"L|1\r"))]
    sent = [frame[:-4] + frame[-4:-2].lower() + end for frame in whole]
    assert line.hear(ENQ + b"".join(sent) + EOT) == ACK * 3
    assert line.messages == [b"H|x\rL|1\r"]


def test_a_frame_over_the_limit_is_refused_and_memory_bounded() -> None:
    line = Line(Link(Policy(frame_max_bytes=1000)))
    line.hear(ENQ)
    for _ in range(50):
        line.hear(b"\x02" + b"1" + b"x" * 400 if not line.noted else b"x" * 400)
    assert NAK in line.said
    line.hear(EOT)
    assert line.hear(SESSION) == ACK * 6


@given(st.lists(st.integers(0, 400), max_size=12))
def test_any_chunking_gives_the_same(places: list[int]) -> None:
    data = (
        b"noise"
        + SESSION
        + ENQ
        + framed(RECORDS[0])[:30]
        + SESSION
        + b"\x00"
        + encode(3, MESSAGE, last=True)
        + EOT
    )
    whole = Line()
    whole.hear(data)
    cut = Line()
    edges = [0, *sorted(place * len(data) // 400 for place in places), len(data)]
    for start, end in pairwise(edges):
        cut.hear(data[start:end])
    assert replace(cut, link=whole.link) == whole


@given(st.binary(max_size=300))
def test_any_bytes_are_kept_or_framing(data: bytes) -> None:
    line = Line()
    line.hear(data)
    line.close()
    assert line.link.idle
    if b"\x02" not in data:  # no frame: what is neither control nor filler is noise, all of it kept
        kept = b"".join(raw for raw, _ in line.ended)
        assert kept.translate(None, FRAMING) == data.translate(None, FRAMING)


@given(st.text("abc|^ÁẬ", min_size=1, max_size=40))
def test_noise_within_a_session_is_kept_and_its_message_goes_on(text: str) -> None:
    line = Line()
    line.hear(ENQ + framed(*RECORDS[:2]) + text.encode() + framed(*RECORDS[2:], first=3) + EOT)
    assert line.messages == [MESSAGE]
    assert [(raw.strip(b"\r\n"), reason) for raw, reason in line.ended] == [(text.encode(), "astm.noise")]


@pytest.mark.parametrize("at", range(len(SESSION)))
def test_a_line_cut_anywhere_and_the_session_sent_again_is_one_message_more(at: int) -> None:
    """Whole before the cut: twice the same message, which the event id makes one; never half of one."""
    first = Line()
    first.hear(SESSION[:at])
    first.close()
    second = Line()
    second.hear(SESSION)
    assert second.messages == [MESSAGE]
    assert first.messages in ([], [MESSAGE])
    kept = b"".join(text for text, _ in first.ended)
    assert first.messages or all(record in kept for record in first.pieces)

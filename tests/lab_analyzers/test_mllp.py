"""MLLP framing: what ends a block, what is kept, and that a cut never changes anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.mllp import NOISE_MAX_BYTES, MllpCodec
from hub.contract import Frame, MalformedFrame
from tests.lab_analyzers.line import framed, msa, oru

M1, M2 = oru("M1"), oru("M2")
Found = Frame | MalformedFrame


def codec(limit: int = 16 * 1024 * 1024) -> MllpCodec:
    return MllpCodec(lambda: 1_790_000_000_000, limit)


def fed(*chunks: bytes, limit: int = 16 * 1024 * 1024) -> list[Found]:
    line = codec(limit)
    return [found for chunk in chunks for found in line.feed(chunk)] + list(line.close())


def summary(found: list[Found]) -> list[tuple[str, bytes]]:
    return [(item.reason if isinstance(item, MalformedFrame) else "", item.raw) for item in found]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (framed(M1), [("", M1)]),
        (framed(M1) + framed(M2), [("", M1), ("", M2)]),
        (framed(M1) + b"\n" + framed(M2), [("", M1), ("", M2)]),
        (framed(M1) + b"\r\n\0 \t" + framed(M2), [("", M1), ("", M2)]),
        (M1 + b"\x1c\r", [("", M1)]),
        (b"\r\n" + M1 + b"\x1c\r" + framed(M2), [("", M1), ("", M2)]),
        (b"\x0b" + M1 + b"\x1c" + framed(M2), [("", M1), ("", M2)]),
        (b"\x0b" + M1 + b"\x1c\n" + framed(M2), [("", M1), ("", M2)]),
        (b"\x0b" + M1 + b"\x1c", [("", M1)]),
        (b"\x0b" + M1 + b"\x1cX\x1c\r", [("", M1 + b"\x1cX")]),
        (b"\x0b" + M1[:40] + framed(M2), [("mllp.interrupted", M1[:40]), ("", M2)]),
        (b"\x0b\x0b" + framed(M1), [("", M1)]),
        (framed(b"") + framed(M1), [("mllp.empty", b""), ("", M1)]),
        (framed(b"\r\n") + framed(M1), [("mllp.empty", b"\r\n"), ("", M1)]),
        (framed(b"hello") + framed(M1), [("hl7.no_msh", b"hello"), ("", M1)]),
        (b"hello\x1c\r" + framed(M1), [("hl7.no_msh", b"hello"), ("", M1)]),
        (b"GET / HTTP/1.1\r\n\r\n" + framed(M1), [("mllp.noise", b"GET / HTTP/1.1\r\n\r\n"), ("", M1)]),
        (b"\x0b" + M1, [("mllp.incomplete", M1)]),
        (b"\x1c\r\x1c\r" + framed(M1), [("", M1)]),
        (framed(b"MSH|^~\\&|A|B"), [("hl7.no_control_id", b"MSH|^~\\&|A|B")]),
        (framed(b"MSH"), [("hl7.separators", b"MSH")]),
        (framed(M1.replace(b"^~\\&", b"^^\\&", 1)), [("hl7.separators", M1.replace(b"^~\\&", b"^^\\&", 1))]),
        (framed(b"\xef\xbb\xbf" + M1), [("", b"\xef\xbb\xbf" + M1)]),
        (b"", []),
    ],
)
def test_blocks_of_a_stream(stream: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert summary(fed(stream)) == expected
    assert summary(fed(*(stream[at : at + 1] for at in range(len(stream))))) == expected


def test_control_id_is_told_even_of_a_message_that_cannot_be_read() -> None:
    (found,) = fed(framed(M1.replace(b"^~\\&", b"^~", 1)))
    assert isinstance(found, MalformedFrame)
    assert (found.reason, found.control) == ("hl7.separators", "M1")


def test_silence_ends_a_block_without_cr_and_a_late_cr_is_framing() -> None:
    line = codec()
    assert list(line.feed(b"\x0b" + M1 + b"\x1c")) == []
    before, flushed, after = line.pending, summary(list(line.flush())), line.pending
    assert (before, flushed, after) == (True, [("", M1)], False)
    assert summary(list(line.feed(b"\r" + framed(M2)))) == [("", M2)]


def test_silence_does_not_end_a_block_that_goes_on() -> None:
    line = codec()
    assert list(line.feed(b"\x0b" + M1[:30])) == []
    assert list(line.flush()) == []
    assert summary(list(line.feed(M1[30:] + b"\x1c\r"))) == [("", M1)]


def test_silence_gives_noise_but_not_the_beginning_of_a_message() -> None:
    line = codec()
    assert list(line.feed(b"boot okMS")) == []
    assert summary(list(line.flush())) == [("mllp.noise", b"boot ok")]
    assert summary(list(line.feed(M1[2:] + b"\x1c\r"))) == [("", M1)]


def test_a_block_over_the_limit_is_kept_up_to_it_and_the_next_is_read() -> None:
    long = M1 + b"OBX|1|ED|" + b"A" * 5000
    expected = [("mllp.too_large", long[:1024]), ("", M2)]
    stream = framed(long) + framed(M2)
    assert summary(fed(stream, limit=1024)) == expected
    assert summary(fed(*(stream[at : at + 1] for at in range(len(stream))), limit=1024)) == expected
    assert summary(fed(b"\x0b" + long + framed(M2), limit=1024)) == expected


def test_memory_is_bounded_by_the_limit() -> None:
    line = codec(limit=1024)
    list(line.feed(b"\x0b"))
    for _ in range(1000):
        list(line.feed(b"x" * 4096))
    assert len(line._buffer) <= 1024 + 1


def test_noise_without_end_comes_in_pieces() -> None:
    noise = b"z" * (3 * NOISE_MAX_BYTES)
    found = fed(noise)
    assert b"".join(item.raw for item in found) == noise
    assert max(len(item.raw) for item in found) == NOISE_MAX_BYTES
    assert summary(found) == summary(fed(*(noise[at : at + 1000] for at in range(0, len(noise), 1000))))


def test_only_blocks_sent_to_their_end_are_answered() -> None:
    line = codec()
    stream = b"noise" + b"\x0b" + M1[:50] + framed(M1) + framed(b"junk") + framed(b"")
    answers = [line.reply(found, accepted=True) for found in line.feed(stream)]
    assert [msa(answer) for answer in answers if answer] == [("AA", "M1"), ("AR", ""), ("AR", "")]


def test_replies_by_outcome() -> None:
    line = codec()
    good, bad = line.feed(framed(M1) + framed(b"junk"))
    assert msa(line.reply(good, accepted=True)) == ("AA", "M1")
    assert msa(line.reply(good, accepted=False)) == ("AE", "M1")
    assert msa(line.reply(bad, accepted=True)) == ("AR", "")
    assert msa(line.reply(bad, accepted=False)) == ("AE", "")


PIECES = st.sampled_from(
    [b"\x0b", b"\x1c", b"\r", b"\n", b"\0", b" ", b"MSH", b"M", b"S", b"|", b"\x1c\r", b"x", M1, framed(M1)]
)
STREAMS = st.lists(PIECES | st.binary(max_size=8), max_size=24).map(b"".join)


@pytest.mark.slow
@given(STREAMS, st.data())
def test_any_cut_gives_the_same_blocks(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert summary(fed(*chunks)) == summary(fed(stream))


@given(STREAMS, st.data())
def test_any_cut_gives_the_same_blocks_near_the_limit(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert summary(fed(*chunks, limit=16)) == summary(fed(stream, limit=16))


@given(STREAMS)
def test_no_byte_is_lost_but_framing(stream: bytes) -> None:
    framing = bytes.maketrans(b"", b"")
    kept = b"".join(item.raw for item in fed(stream))
    marks = b"\x0b\x1c\r\n\t\f \0"
    assert kept.translate(framing, marks) == stream.translate(framing, marks)


@given(STREAMS)
def test_after_close_nothing_is_left(stream: bytes) -> None:
    line = codec()
    list(line.feed(stream))
    list(line.close())
    assert not line.pending
    assert summary(list(line.feed(framed(M1)))) == [("", M1)]


@given(st.binary(max_size=300))
def test_every_frame_can_be_answered(garbage: bytes) -> None:
    line = codec()
    for found in [*line.feed(framed(b"MSH" + garbage)), *line.close()]:
        for accepted in (True, False):
            answer = line.reply(found, accepted=accepted)
            assert answer == b"" or (answer[:1] == b"\x0b" and answer[-2:] == b"\x1c\r")
            assert b"\x0b" not in answer[1:]
            assert b"\x1c" not in answer[:-2]

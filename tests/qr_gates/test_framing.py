from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.scanners.framing import MOST_CODE_BYTES, ScannerCodec
from hub.contract import Frame, MalformedFrame

STREAMS = st.lists(
    st.one_of(
        st.sampled_from(
            [b"\r", b"\n", b"\r\n", b"\t", b"\x02", b"\x03", b"]Q1", b"PK\x03\x04", b"PK\r", b"HC1:"]
        ),
        st.binary(max_size=20),
        st.integers(1, 3).map(lambda times: b"A" * (times * MOST_CODE_BYTES - 1)),
    ),
    max_size=12,
).map(b"".join)


def frames_of(codec: ScannerCodec, *chunks: bytes) -> list[Frame | MalformedFrame]:
    found = [each for chunk in chunks for each in codec.feed(chunk)]
    return [*found, *codec.flush()]


def codes(*chunks: bytes) -> list[bytes]:
    return [each.raw for each in frames_of(ScannerCodec(), *chunks)]


def test_whatever_ends_a_code() -> None:
    assert codes(b"one\rtwo\r\nthree\tfour\x03five\n\n\n") == [b"one", b"two", b"three", b"four", b"five"]


def test_a_gap_ends_a_code_without_terminator() -> None:
    codec = ScannerCodec()
    assert list(codec.feed(b"075199")) == []
    assert codec.pending
    assert [each.raw for each in codec.flush()] == [b"075199"]
    assert not codec.pending


def test_what_the_scanner_adds_comes_off() -> None:
    (frame,) = frames_of(ScannerCodec(), b"\x02]Q1075199001234|\r")
    assert frame == Frame(b"075199001234|", origin="symbology ]Q1")


def test_a_new_start_of_text_drops_what_came_before() -> None:
    assert codes(b"gar\x02bage\x02code\x03") == [b"code"]


def test_a_zip_keeps_every_byte() -> None:
    archive = b"PK\x03\x04\x02\r\n\t\x03rest"
    assert codes(archive) == [archive]
    assert codes(b"\x02]Q1" + archive) == [archive]


def test_a_code_that_never_ends_is_told_once() -> None:
    flood = b"9" * (3 * MOST_CODE_BYTES) + b"\rnext\r"
    first, second = frames_of(ScannerCodec(), flood)
    assert first == MalformedFrame(b"9" * MOST_CODE_BYTES, "scan.too_long")
    assert second.raw == b"next"


def test_half_a_code_on_a_lost_line_is_no_code() -> None:
    codec = ScannerCodec()
    list(codec.feed(b"0751990"))
    assert list(codec.close()) == [MalformedFrame(b"0751990", "scan.cut")]
    assert list(codec.close()) == []


@given(STREAMS, st.lists(st.integers(0, 40_000), max_size=6))
def test_any_chunking_gives_the_same_codes(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert frames_of(ScannerCodec(), *chunks) == frames_of(ScannerCodec(), stream)

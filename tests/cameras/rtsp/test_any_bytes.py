"""Whatever a camera sends, however it is cut: the same comes of it, nothing is raised, little is held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.rtsp.facts import Codec
from adapters.cameras.rtsp.interleaved import PENDING_MAX_BYTES
from tests.cameras.rtsp.conversing import conversation, fed, keyframes, recorded
from tests.cameras.rtsp.wire import (
    Source,
    cut,
    interleaved,
    opening,
    whole,
)

# What stands in conversations: bytes that mean something in another place are the most likely to mislead.
WORDS = [
    b"$", b"$\x00", b"$\x01", b"$\x00\x00\x20\x80\x60", b"$\x00\xff\xff\x80\xe0", b"$\x01\x00\x1c\x80\xc8",
    b"RTSP/1.0 200 OK\r\n", b"RTSP/1", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"GET_PARAMETER",
    b"CSeq: 4\r\n", b"Content-Length: 500\r\n", b"Content-Length: 70000\r\n", b"\n\n", b"\r\n\r\n",
    b"RTSP/1.0 401 No\r\nCSeq: 5\r\n\r\n",
]  # fmt: skip


@given(places=st.lists(st.integers(0, 20_000), max_size=30), codec=st.sampled_from(["h264", "h265"]))
def test_any_cut_gives_the_same(places: list[int], codec: Codec) -> None:
    data = recorded(codec, Source(codec))
    one, other = conversation(), conversation()
    one.receive(data, 1000.0, 10.0)
    for piece in cut(data, places):
        other.receive(piece, 1000.0, 10.0)
    assert one.events() == other.events()
    assert one.figures == other.figures
    assert one.outgoing() == other.outgoing()


@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 20_000), st.sampled_from(WORDS) | st.binary(max_size=12), st.integers(0, 40)
        ),
        max_size=8,
    ),
    places=st.lists(st.integers(0, 20_000), max_size=30),
    codec=st.sampled_from(["h264", "h265"]),
)
def test_any_cut_of_any_bytes_gives_the_same(
    changes: list[tuple[int, bytes, int]], places: list[int], codec: Codec
) -> None:
    """Bytes changed, put in or left out anywhere: nothing is raised, whatever becomes of it."""
    data = bytearray(recorded(codec, Source(codec)))
    for place, instead, left_out in changes:
        at = place % (len(data) + 1)
        data[at : at + left_out] = instead
    one, other = conversation(), conversation()
    one.receive(bytes(data), 1000.0, 10.0)
    for piece in cut(bytes(data), places):
        other.receive(piece, 1000.0, 10.0)
        assert other.pending_bytes <= PENDING_MAX_BYTES
    assert one.events() == other.events()
    if not one.is_over:
        assert one.figures == other.figures
    assert one.outgoing() == other.outgoing()


@given(
    garbage=st.lists(st.binary(max_size=300).map(lambda raw: raw.replace(b"$", b"")), min_size=6, max_size=6),
    places=st.lists(st.integers(0, 20_000), max_size=20),
)
def test_garbage_between_frames_loses_no_frame(garbage: list[bytes], places: list[int]) -> None:
    source = Source()
    packets = [packet for _ in range(3) for packet in source.picture(key=True)]
    clean = conversation()
    fed(clean, *opening("h264"), *packets)
    spoilt = b"".join(
        garbage[at] + packet if at < len(garbage) else packet for at, packet in enumerate(packets)
    )
    made = conversation()
    for piece in (*opening("h264"), *cut(spoilt, places)):
        made.receive(piece, 1000.0, 10.0)
    assert keyframes(made.events()) == [whole("h264")]
    assert (made.figures.packets, made.figures.lost) == (clean.figures.packets, 0)


@given(garbage=st.binary(max_size=2000), places=st.lists(st.integers(0, 100_000), max_size=10))
def test_any_garbage_is_over_after_a_frame_of_the_longest(garbage: bytes, places: list[int]) -> None:
    """Bytes that look like a frame may hide as much as it says it holds; then the stream goes on."""
    source = Source(most=1000)
    made = conversation(wants=False)
    fed(made, *opening("h264"))
    lost = b"".join(packet for _ in range(75) for packet in source.picture(key=False, size=1000))
    for piece in cut(garbage + lost, places):
        made.receive(piece, 1000.0, 10.0)
    had = made.figures.packets
    packets = [packet for _ in range(75) for packet in source.picture(key=False, size=1000)]
    fed(made, *packets)
    assert made.figures.packets >= had + len(packets) - 3


@pytest.mark.parametrize("begun", [b"RTSP/1.0 200 OK\r\nX: ", b"OPTIONS ", b"REDIRECT * RTSP/1.0\r\n"])
def test_headers_that_are_cut_off_hide_no_frame(begun: bytes) -> None:
    source = Source()
    made = conversation()
    fed(made, *opening("h264"), begun, *source.picture(key=True), *source.picture(key=False))
    assert (made.figures.packets, made.figures.lost, made.figures.keyframes) == (6, 0, 1)
    assert made.figures.resyncs == 1


@pytest.mark.parametrize(
    "endless",
    [
        b"$\x00\xff\xff\x80\x60",
        b"RTSP/1.0 200 OK\r\n",
        b"\x01",
        b"$",
        interleaved(0, b"\x80\x60" + bytes(998)),
    ],
)
def test_what_is_held_is_bounded(endless: bytes) -> None:
    made = conversation()
    fed(made, *opening("h264"))
    for _ in range(60):
        made.receive(endless * (10_000 // len(endless)), 1000.0, 10.0)
        assert made.pending_bytes <= PENDING_MAX_BYTES


def test_a_picture_without_end_is_given_up() -> None:
    source = Source(most=60_000)
    made = conversation()
    fed(made, *opening("h264"), *source.picture(key=True, size=6_000_000), *source.picture(key=True))
    assert made.figures.keyframes == 1, "only the second was whole"

"""The conversation of a session: what it asks, what it takes, and that any cut of the bytes is the same."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.reasons import PHASES
from adapters.cameras.rtsp.conversation import Conversation
from adapters.cameras.rtsp.conversation_events import Done, Event, Failed, Reached
from adapters.cameras.rtsp.facts import Codec, KeyFrame, Until
from adapters.cameras.rtsp.interleaved import PENDING_MAX_BYTES
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import place_of
from tests.cameras.rtsp.wire import (
    SETS,
    Source,
    aggregate,
    cut,
    interleaved,
    opening,
    reply,
    sender_report,
    whole,
)

PLACE, _ = place_of("rtsp://10.1.2.3/stream?channel=1", (ip_network("10.0.0.0/8"),))


def conversation(until: Until = "ended", login: Login | None = None, *, wants: bool = True) -> Conversation:
    made = Conversation(PLACE, login, until, lambda: "cnonce")
    made.begin()
    if wants:
        made.want_keyframe()
    return made


def fed(made: Conversation, *pieces: bytes) -> list[Event]:
    for at, piece in enumerate(pieces):
        made.receive(piece, 1000.0 + at, 10.0 + at)
    return made.events()


def keyframes(events: list[Event]) -> list[bytes]:
    return [each.data for each in events if isinstance(each, KeyFrame)]


def phases(events: list[Event]) -> list[str]:
    return [each.phase for each in events if isinstance(each, Reached)]


def recorded(codec: Codec, source: Source) -> bytes:
    """Packets of all kinds, a report and a request of the camera's."""
    parts = opening(codec, with_sets=False)
    parts += source.picture(key=False)
    parts += source.picture(key=True, size=3000, before=[aggregate(codec, SETS[codec])])
    parts += source.picture(key=False, size=200)
    parts += [sender_report(source.ssrc, 1000.0, 5), b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"]
    parts += source.picture(key=False, size=900, slices=3)
    parts += source.picture(key=True, size=900, slices=3, marked=False)
    parts += source.picture(key=False, size=100)
    return b"".join(parts)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_from_options_to_a_keyframe(codec: Codec) -> None:
    made = conversation()
    first = made.outgoing()
    assert first.startswith(b"OPTIONS rtsp://10.1.2.3:554/stream?channel=1 RTSP/1.0\r\nCSeq: 1\r\n")
    events = fed(made, *opening(codec), *Source(codec).picture(key=True))
    assert phases(events) == list(PHASES)
    assert keyframes(events) == [whole(codec)]
    asked = made.outgoing().decode()
    assert "SETUP rtsp://10.1.2.3:554/stream?channel=1/trackID=1 RTSP/1.0\r\nCSeq: 3\r\n" in asked
    assert "Transport: RTP/AVP/TCP;unicast;interleaved=0-1" in asked
    assert "PLAY rtsp://10.1.2.3:554/stream?channel=1 RTSP/1.0\r\nCSeq: 4\r\n" in asked
    assert "Session: 4711\r\n" in asked
    assert made.keepalive_seconds == 30


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


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_recorded_conversation(codec: Codec) -> None:
    made = conversation()
    data = recorded(codec, Source(codec))
    events = fed(made, *(data[at : at + 1] for at in range(len(data))))
    assert keyframes(events) == [whole(codec, size=3000)]
    made.want_keyframe()
    figures = made.figures
    assert (figures.frames, figures.keyframes, figures.lost, figures.resyncs) == (6, 2, 0, 0)
    assert (figures.width, figures.height, figures.codec) == (640, 360, codec)
    assert figures.rtp_seconds == pytest.approx(5 * 0.04)
    assert figures.bytes == len(data)
    assert b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n" in made.outgoing()


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


@pytest.mark.parametrize(
    ("at", "answer", "failed"),
    [
        (1, reply(2, status="404 Not Found"), Failed("not_found", "404")),
        (1, reply(2, status="403 Forbidden"), Failed("forbidden", "403")),
        (1, reply(2, status="503 Service Unavailable"), Failed("status", "503")),
        (1, reply(2, status="401 Unauthorized"), Failed("unauthorized")),
        (1, reply(2, body=b"v=0\r\nm=video 0 RTP/AVP 26\r\n"), Failed("unsupported_codec", "mjpeg")),
        (1, reply(2, body=b"\xff\x00nothing"), Failed("unsupported_codec")),
        (1, reply(2, "Location: rtsp://x/\r\n", status="302 Moved"), Failed("redirect_refused", "302", "rtsp://x/")),
        (1, b"HTTP/1.1 400 Bad Request\r\n\r\n", Failed("bad_reply")),
        (1, b"\x00\x01\x02\x03\x04\x05\x06", Failed("bad_reply")),
        (1, b"RTSP/1.0 abc\r\n\r\n", Failed("bad_reply")),
        (1, b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 5000, Failed("too_large")),
        (1, b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", Failed("too_large")),
        (1, b"RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n", Failed("bad_reply")),
        (2, reply(3, status="461 Unsupported Transport"), Failed("unsupported_transport", "461")),
        (2, reply(3, "Transport: RTP/AVP\r\nSession: 1\r\n"), Failed("unsupported_transport")),
        (2, reply(3, "Transport: RTP/AVP/TCP;interleaved=0-1\r\n"), Failed("bad_reply")),
        (2, reply(3, status="453 Not Enough Bandwidth"), Failed("no_bandwidth", "453")),
        (3, reply(4, status="454 Session Not Found"), Failed("session_gone", "454")),
    ],
)  # fmt: skip
def test_what_ends_it(at: int, answer: bytes, failed: Failed) -> None:
    made = conversation()
    events = fed(made, *opening("h264")[:at], answer)
    assert events[-1] == failed
    assert made.phase == PHASES[at + 1]


def test_options_may_be_refused() -> None:
    made = conversation("described")
    events = fed(made, reply(1, status="501 Not Implemented"), opening("h264")[1])
    assert phases(events) == ["connect", "options", "describe"]
    assert events[-1] == Done("describe")


def test_one_keyframe_is_waited_for() -> None:
    source = Source()
    made = conversation("keyframe", wants=False)
    packets = [*source.picture(key=False), *source.picture(key=True), *source.picture(key=True)]
    events = fed(made, *opening("h264"), b"".join(packets))
    assert (len(keyframes(events)), events[-1]) == (1, Done("streaming"))


def test_a_keyframe_that_lost_a_packet_is_none() -> None:
    source = Source()
    made = conversation()
    first, *others = source.picture(key=True, size=3000)
    packets = [first, *others[1:], *source.picture(key=False), *source.picture(key=True)]
    events = fed(made, *opening("h264"), *packets)
    assert keyframes(events) == [whole("h264")]
    assert (made.figures.lost, made.figures.keyframes, made.figures.frames) == (1, 1, 3)


def test_keyframes_that_nobody_wants_are_counted_only() -> None:
    source = Source()
    made = conversation(wants=False)
    events = fed(made, *opening("h264"), *source.picture(key=True), *source.picture(key=True))
    assert keyframes(events) == []
    assert (made.figures.keyframes, made.figures.keyframe_interval_s) == (2, 3.0)
    made.want_keyframe()
    assert keyframes(fed(made, *source.picture(key=True))) == [whole("h264")]


def test_a_session_that_is_gone_while_it_plays() -> None:
    made = conversation()
    fed(made, *opening("h264"), *Source().picture(key=True))
    made.outgoing()
    made.keep_alive()
    assert made.outgoing().startswith(b"GET_PARAMETER ")
    assert fed(made, reply(5, status="454 Session Not Found"))[-1] == Failed("session_gone")


def test_a_camera_that_does_not_know_get_parameter_is_asked_otherwise() -> None:
    made = conversation()
    fed(made, *opening("h264"))
    made.keep_alive()
    fed(made, reply(5, status="405 Method Not Allowed"))
    made.outgoing()
    made.keep_alive()
    assert made.outgoing().startswith(b"OPTIONS ")


def test_it_leaves_only_what_it_has() -> None:
    made = conversation()
    fed(made, *opening("h264")[:2])
    made.outgoing()
    made.leave()
    assert made.outgoing() == b""
    made = conversation()
    fed(made, *opening("h264"))
    made.outgoing()
    made.leave()
    assert made.outgoing().startswith(b"TEARDOWN rtsp://10.1.2.3:554/stream?channel=1 ")


def test_reports_of_both_sides() -> None:
    source = Source()
    made = conversation()
    fed(made, *opening("h264"), *source.picture(key=True), sender_report(source.ssrc, 1096.5, 5))
    assert made.figures.clock_offset_s == pytest.approx(1096.5 - (1000 + 7))
    made.outgoing()
    made.report(20.0)
    assert made.outgoing()[:4] == bytes((0x24, 1, 0, 52))


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

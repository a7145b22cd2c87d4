"""The conversation of a session: what it asks, what it takes, and that any cut of the bytes is the same."""

import pytest

from adapters.cameras.reasons import PHASES
from adapters.cameras.rtsp.conversation_events import Done, Failed
from adapters.cameras.rtsp.facts import Codec
from tests.cameras.rtsp.conversing import conversation, fed, keyframes, phases, recorded
from tests.cameras.rtsp.wire import (
    Source,
    opening,
    reply,
    sender_report,
    whole,
)


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


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (b"m=video 0 RTP/AVP 26\r\n", Done("describe")),
        (b"m=video 0 RTP/AVP 32\r\n", Failed("unsupported_codec", "mpeg2")),
        (b"m=audio 0 RTP/AVP 0\r\n", Failed("unsupported_codec")),
    ],
)
def test_what_libav_plays_can_be_asked_for_without_it(line: bytes, ends: Done | Failed) -> None:
    made = conversation("described")
    assert fed(made, opening("h264")[0], reply(2, body=b"v=0\r\n" + line))[-1] == ends


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

"""The control line between libav and a camera: libav hears it in our words, nothing that leads elsewhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.keyframes.control_watch import ControlWatch
from adapters.cameras.rtsp.interleaved import PENDING_MAX_BYTES
from adapters.cameras.rtsp.messages import take_message

CAMERA, OURS = "10.1.2.31", "10.1.2.9"
FRAME = b"$\x00\x00\x10\x80\x1a" + bytes(14)
SETUP = b"RTSP/1.0 200 OK\r\nSession: 7\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"


def watching(*methods: str, carries_stream: bool = False) -> ControlWatch:
    watch = ControlWatch(frozenset((CAMERA, OURS)), carries_stream=carries_stream)
    for number, method in enumerate(methods):
        watch.asked(f"{method} rtsp://127.0.0.1:5/x RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
    return watch


def playing() -> ControlWatch:
    """Its stream comes through this line."""
    watch = watching("SETUP", "PLAY", carries_stream=True)
    watch.answered(SETUP + b"RTSP/1.0 200 OK\r\n\r\n" + FRAME)
    return watch


def test_each_answered_step_is_reached() -> None:
    watch = watching("OPTIONS", "DESCRIBE", "DESCRIBE", "SETUP", "PLAY")
    for status in (200, 401, 200, 200, 200):
        assert watch.answered(b"RTSP/1.0 %d Any\r\nCSeq: 1\r\n\r\n" % status)
    assert watch.reached == ["options", "describe", "setup", "play"]
    assert watch.reason is None


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "unauthorized"), (404, "not_found"), (453, "no_bandwidth"), (500, "status")]
)
def test_the_last_refusal_is_the_reason_whatever_is_said_of_the_teardown(status: int, reason: str) -> None:
    watch = watching("DESCRIBE", "TEARDOWN")
    assert watch.answered(b"RTSP/1.0 %d No\r\n\r\n" % status)
    assert watch.answered(b"RTSP/1.0 200 OK\r\n\r\n")
    assert (watch.reason, watch.status) == (reason, status)


@pytest.mark.parametrize(("status", "reason"), [(501, None), (405, None), (454, "session_gone")])
@pytest.mark.parametrize("method", ["GET_PARAMETER", "OPTIONS"])
def test_a_refused_word_that_keeps_the_stream_is_no_reason(
    method: str, status: int, reason: str | None
) -> None:
    watch = playing()
    watch.asked(f"{method} rtsp://127.0.0.1:5/x RTSP/1.0\r\nCSeq: 9\r\n\r\n".encode())
    assert watch.answered(b"RTSP/1.0 %d No\r\nCSeq: 9\r\n\r\n" % status)
    assert watch.reason == reason


ELSEWHERE = b"\r\nLocation: rtsp://10.9.9.9/\r\n\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"RTSP/1.0 301 Moved",
        b"RTSP/1.0 302",
        b"  RTSP/1.0\t 305 x",
        b"RT\rSP/1.0 3\r02 x",
        b"RTSP/1.0 0302 x",
        b"RTSP/1.0 +302 x",
        b"RTSP/9 399 x",
    ],
)
@pytest.mark.parametrize("cut", range(1, 12))
def test_a_redirect_is_never_passed_on(line: bytes, cut: int) -> None:
    """However it is written and cut, as far as libav takes it for one."""
    watch = watching("DESCRIBE")
    assert not watch.answered(line[:cut])
    assert not watch.answered(line[cut:] + ELSEWHERE)
    assert watch.failed in ("redirect_refused", "bad_reply")
    assert not watch.answered(b"RTSP/1.0 200 OK\r\n\r\n"), "nor what comes behind it"


@pytest.mark.parametrize("carries_stream", [False, True])
@pytest.mark.parametrize(
    "before",
    [
        b"$\x00\x00\x04abcd",
        b"$\x00\x00\x04ab\nd",
        b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nv=0s",
        b"RTSP/1.0 200 OK\r\nX: " + b"y" * 5000 + b"\r\nContent-Length: 2\r\n\r\nv=",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 4\r\n\r\nabcd",
    ],
)
def test_a_redirect_cannot_hide_behind_a_frame_or_a_body(before: bytes, carries_stream: bool) -> None:
    """libav skips what is before it and reads on in the middle of our line."""
    watch = watching("DESCRIBE", "DESCRIBE", carries_stream=carries_stream)
    told = watch.answered(before + b"RTSP/1.0 302 Moved" + ELSEWHERE)
    assert watch.reason == "redirect_refused"
    assert b"302" not in told
    assert b"10.9.9.9" not in told


@pytest.mark.parametrize("status", [b"", b"abc", b"20", b"2000", b"-200", b"2 00", b"\xff\xfe"])
def test_a_status_that_is_none_is_not_passed_on(status: bytes) -> None:
    watch = watching("DESCRIBE")
    assert not watch.answered(b"RTSP/1.0 " + status + b"\r\n\r\n")
    assert watch.reason == "bad_reply"


@pytest.mark.parametrize("told", [b"source=10.9.9.9", b"SOURCE = 10.9.9.9", b"x;destination=10.9.9.9;y"])
@pytest.mark.parametrize("far", [0, 2000])
def test_a_transport_that_names_somebody_else_is_not_passed_on(told: bytes, far: int) -> None:
    watch = watching("SETUP")
    line = b" transport : RTP/AVP;unicast;" + b"x" * far + b";" + told
    assert not watch.answered(b"RTSP/1.0 200 OK\r\n" + line + b"\r\n\r\n")
    assert watch.reason == "redirect_refused"


def test_a_transport_that_names_the_camera_and_us_is() -> None:
    told = f"Transport: RTP/AVP;unicast;source={CAMERA};destination={OURS};client_port=5-6"
    assert told.encode() in watching("SETUP").answered(f"RTSP/1.0 200 OK\r\n{told}\r\n\r\n".encode())


@pytest.mark.parametrize(("line", "seconds"), [("a=framerate:0.5", 2.0), ("a=x:0.5", 0.0)])
def test_a_slow_camera_says_so_in_its_description(line: str, seconds: float) -> None:
    watch = watching("OPTIONS", "DESCRIBE")
    body = f"v=0\r\nm=video 0 RTP/AVP 26\r\n{line}\r\n".encode()
    watch.answered(b"RTSP/1.0 200 OK\r\n\r\nRTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert watch.frame_seconds == seconds


def test_libav_reads_our_words() -> None:
    """By a server's name it would change its dialect; a body is as long as it says."""
    said = (
        b"RTSP/1.0 200 See\r\nserver: WMServer/9\r\nLOCATION: rtsp://10.9.9.9/\r\nNotice: 4401\r\n"
        b"cseq: 2\r\nContent-type: application/sdp\r\nContent-length: 5\r\nSession: 7\rX: y\r\n\r\nv=0\r\n"
    )
    told = watching("DESCRIBE").answered(said)
    assert told == (
        b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    )


def test_what_the_camera_asks_is_answered_by_us() -> None:
    watch = watching("DESCRIBE")
    assert watch.answered(b"OPTIONS * RTSP/1.0\r\nCSeq: 31\r\n\r\n") == b""
    assert watch.for_camera == b"RTSP/1.0 200 OK\r\nCSeq: 31\r\n\r\n"


def test_frames_of_the_stream_pass_and_what_is_between_them_does_not() -> None:
    watch = playing()
    told = watch.answered(FRAME + b"nonsense $ and more of it" + FRAME + b"$\x07\x00\x01x" + FRAME)
    assert told == FRAME * 3
    assert watch.reason is None


def test_no_frames_pass_where_the_stream_comes_another_way() -> None:
    assert watching("SETUP").answered(FRAME + FRAME) == b""


def test_a_camera_that_sends_another_way_than_through_the_line() -> None:
    watch = watching("SETUP", carries_stream=True)
    assert not watch.answered(b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast;client_port=5-6\r\n\r\n")
    assert watch.reason == "unsupported_transport"


def test_a_request_behind_a_report_in_a_frame_is_known() -> None:
    watch = watching(carries_stream=True)
    watch.asked(
        b"$\x01\x00\x08\x81\n\xc9\x00\x01abcTEARDOWN rtsp://127.0.0.1:5/x RTSP/1.0\r\nCSeq: 4\r\n\r\n"
    )
    watch.answered(b"RTSP/1.0 500 No\r\n\r\n")
    assert watch.reason is None, "of the end of a session nothing is a reason"


@given(st.lists(st.binary(max_size=300), max_size=20), st.booleans())
def test_no_bytes_make_it_raise_or_grow(pieces: list[bytes], carries_stream: bool) -> None:
    watch = playing() if carries_stream else watching("DESCRIBE")
    for piece in pieces:
        watch.asked(piece)
        watch.answered(piece)
        assert watch.pending_bytes <= 1024 + PENDING_MAX_BYTES + 300


PART = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [FRAME, SETUP, b"RTSP/1.0 404 x\r\n\r\n", b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
    ),
)


@given(st.lists(PART, max_size=8).map(b"".join), st.lists(st.integers(0, 300), max_size=6), st.booleans())
def test_cuts_change_nothing(data: bytes, cuts: list[int], plays: bool) -> None:
    whole, cut = (playing() if plays else watching("DESCRIBE", carries_stream=True) for _ in range(2))
    at_once = whole.answered(data)
    places = sorted({0, len(data), *(min(at, len(data)) for at in cuts)})
    pieces = b"".join(cut.answered(data[start:end]) for start, end in pairwise(places))
    assert pieces == at_once
    assert (whole.reason, whole.status, whole.reached) == (cut.reason, cut.status, cut.reached)


@given(st.lists(PART, max_size=8).map(b"".join))
def test_all_that_libav_is_told_is_frames_and_whole_messages(data: bytes) -> None:
    told, at = playing().answered(data), 0
    while at < len(told):
        if told[at : at + 1] == b"$":
            at += 4 + int.from_bytes(told[at + 2 : at + 4], "big")
        else:
            found = take_message(told, at)
            assert found is not None
            at = found[1]
    assert at == len(told)

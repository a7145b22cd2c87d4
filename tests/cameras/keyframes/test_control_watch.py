"""The control line between libav and a camera: read as libav reads it, and cut where it leads elsewhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.keyframes.control_watch import ControlWatch

CAMERA, OURS = "10.1.2.31", "10.1.2.9"


def watching(*methods: str) -> ControlWatch:
    watch = ControlWatch(frozenset((CAMERA, OURS)))
    for number, method in enumerate(methods):
        watch.asked(f"{method} rtsp://127.0.0.1:5/x RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
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
    rest = line[cut:] + b"\r\nLocation: rtsp://10.9.9.9/\r\n\r\n"
    assert watch.answered(line[:cut])
    assert not watch.answered(rest)
    assert watch.reason == "redirect_refused"


@pytest.mark.parametrize("status", [b"", b"abc", b"20", b"2000", b"-200", b"2 00", b"\xff\xfe"])
def test_a_status_that_is_none_is_not_passed_on(status: bytes) -> None:
    watch = watching("DESCRIBE")
    assert not watch.answered(b"RTSP/1.0 " + status + b"\r\n")
    assert watch.reason == "bad_reply"


@pytest.mark.parametrize("told", [b"source=10.9.9.9", b"SOURCE = 10.9.9.9", b"x;destination=10.9.9.9;y"])
def test_a_transport_that_names_somebody_else_is_not_passed_on(told: bytes) -> None:
    watch = watching("SETUP")
    assert not watch.answered(b"RTSP/1.0 200 OK\r\n transport : RTP/AVP;unicast;" + told + b"\r\n\r\n")
    assert watch.reason == "redirect_refused"


def test_a_transport_that_names_the_camera_and_us_is() -> None:
    told = f"Transport: RTP/AVP;unicast;source={CAMERA};destination={OURS};client_port=5-6"
    assert watching("SETUP").answered(f"RTSP/1.0 200 OK\r\n{told}\r\n\r\n".encode())


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_make_it_raise_or_grow(pieces: list[bytes]) -> None:
    watch = watching("DESCRIBE")
    for piece in pieces:
        watch.asked(piece)
        watch.answered(piece)
    assert len(watch._request) <= 1024
    assert len(watch._reply) <= 1024


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    told = b"RTSP/1.0 404 x\r\n" + data + b"\n"
    whole, cut = watching("DESCRIBE"), watching("DESCRIBE")
    whole.answered(told)
    places = sorted({0, len(told), *(min(at, len(told)) for at in cuts)})
    for start, end in pairwise(places):
        cut.answered(told[start:end])
    assert (whole.reason, whole.status, whole.reached) == (cut.reason, cut.status, cut.reached)

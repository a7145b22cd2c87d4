"""What cameras say of their streams, and which addresses are made of it."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.rtsp.descriptions import NoVideo, control_urls, read_description
from adapters.cameras.rtsp.facts import Codec
from adapters.cameras.rtsp.transports import Accepted, read_session, read_transport
from tests.cameras.rtsp.wire import SETS, description

OURS = "rtsp://10.1.2.3:554"
URL = f"{OURS}/stream?channel=1"


@pytest.mark.parametrize("codec", get_args(Codec))
def test_a_description(codec: Codec) -> None:
    track = read_description(description(codec))
    assert (track.codec, track.payload_type, track.clock_rate) == (codec, 96, 90_000)
    assert (track.control, track.parameter_sets) == ("trackID=1", SETS[codec])


def test_the_first_video_that_is_read() -> None:
    track = read_description(
        b"m=audio 0 RTP/AVP 97\na=rtpmap:97 H264/1\nm=video 0 RTP/AVP 26 98\na=rtpmap:98 h264/90000\n"
        b"m=video 0 RTP/AVP 99\na=rtpmap:99 H265/90000\n"
    )
    assert (track.codec, track.payload_type, track.control) == ("h264", 98, "")


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", ""),
        (b"m=video 0 RTP/AVP 26", "mjpeg"),
        (b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000", "mpeg4"),
        (b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 secret-of-theirs/90000", ""),
        (b"a=rtpmap:96 H264/90000\r\n" * 1000 + b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000", ""),
    ],
)
def test_no_video_that_is_read(raw: bytes, detail: str) -> None:
    with pytest.raises(NoVideo) as raised:
        read_description(raw)
    assert raised.value.detail == detail


@pytest.mark.parametrize(
    ("sets", "count"), [("Z2Q=,!!", 1), ("," * 5000, 0), ("A" * 4000, 0), ("====", 0), ("Z2Q=," * 100, 16)]
)  # fmt: skip
def test_parameter_sets_are_bounded(sets: str, count: int) -> None:
    raw = f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets={sets}\r\n"
    assert len(read_description(raw.encode()).parameter_sets) == count


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [
        ("25", 0.04),
        ("0.2", 5.0),
        ("12.500000", 0.08),
        ("0.000001", 20.0),
        ("0", 0.0),
        ("0.0", 0.0),
        ("-1", 0.0),
        ("nan", 0.0),
        ("1e9", 0.0),
        ("", 0.0),
    ],
)
def test_how_often_a_frame_comes(rate: str, seconds: float) -> None:
    before = b"a=framerate:3\r\nm=audio 0 RTP/AVP 0\r\na=framerate:7\r\n"
    told = before + description("h264", more=f"a=framerate:{rate}\r\n")
    assert read_description(told).frame_seconds == pytest.approx(seconds)


@given(st.binary(max_size=1000))
def test_any_description(raw: bytes) -> None:
    video = b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    for before in (b"", video + b"a=framerate:", video + b"a=fmtp:96 ", b"m=video "):
        try:
            track = read_description(before + raw)
        except NoVideo:
            continue
        assert 0 <= track.frame_seconds <= 20
        setup, play = control_urls(OURS, URL, "", track.control)
        for url in (setup, play):
            assert url.startswith(OURS)
            assert url.isascii()
            assert url.isprintable()
            assert " " not in url


@pytest.mark.parametrize(
    ("base", "control", "setup", "play"),
    [
        ("", "", URL, URL),
        ("", "*", URL, URL),
        ("", "trackID=1", f"{URL}/trackID=1", URL),
        (f"{OURS}/stream/", "trackID=1", f"{OURS}/stream/trackID=1", f"{OURS}/stream/"),
        ("rtsp://192.168.9.9:8554/inner/", "t1", f"{OURS}/inner/t1", f"{OURS}/inner/"),
        ("", "rtsp://evil.example/x?y=1", f"{OURS}/x?y=1", URL),
        ("rtsp://[bad/", "t1", f"{URL}/t1", URL),
        ("", "/abs", f"{OURS}/abs", URL),
    ],
)
def test_other_hosts_are_not_named(base: str, control: str, setup: str, play: str) -> None:
    assert control_urls(OURS, URL, base, control) == (setup, play)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", Accepted(0, 1)),
        ("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", Accepted(2, 3)),
        ("RTP/AVP/TCP;interleaved=4", Accepted(4, 5)),
        ("RTP/AVP/TCP;interleaved=999-1000", None),
        ("RTP/AVP/TCP;interleaved=3-2", None),
        ("RTP/AVP;unicast;client_port=5000-5001", None),
    ],
)
def test_transports(header: str, accepted: Accepted | None) -> None:
    assert read_transport(header) == accepted


@pytest.mark.parametrize(
    ("header", "session"),
    [
        ("4711", ("4711", 60.0)),
        ("4711;timeout=30", ("4711", 30.0)),
        ("4711; timeout = 1", ("4711", 10.0)),
        ("4711;timeout=99999", ("4711", 600.0)),
        ("4711;timeout=soon", ("4711", 60.0)),
        ("", None),
        ("a b", None),
        ("x" * 300, None),
    ],
)
def test_sessions(header: str, session: tuple[str, float] | None) -> None:
    assert read_session(header) == session

"""Packets of a stream: what is counted, what is missing, which pictures are whole."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.rtsp.descriptions import VideoTrack
from adapters.cameras.rtsp.facts import Codec
from adapters.cameras.rtsp.packets import gap, read_packet, ticks_between
from adapters.cameras.rtsp.rtcp import Reception, read_sender_report, receiver_report
from adapters.cameras.rtsp.sequence_parameters import parameter_set, picture_size
from adapters.cameras.rtsp.video_stream import VideoStream
from tests.cameras.rtsp.wire import SETS, Source, annex_b, sender_report, whole

CODECS: tuple[Codec, ...] = ("h264", "h265")


def stream(codec: Codec = "h264") -> VideoStream:
    return VideoStream(VideoTrack(codec, 96, parameter_sets=SETS[codec]), 0)


def received(video: VideoStream, packets: list[bytes]) -> list[bytes]:
    """As a conversation does it: plain ones in a run, the others one by one; key pictures as they come."""
    found: list[bytes] = []
    data, at = b"".join(packets), 0
    while True:
        at = video.skim(data, at)
        if at >= len(data):
            return found
        stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
        unit = video.take(data[at + 4 : stop])
        found += [unit.data] if unit else []
        at = stop


def each_alone(video: VideoStream, packets: list[bytes]) -> list[bytes]:
    units = (video.take(packet[4:]) for packet in packets)
    return [unit.data for unit in units if unit]


@given(
    pictures=st.lists(
        st.tuples(st.booleans(), st.integers(1, 3000), st.integers(1, 3), st.booleans()), max_size=12
    ),
    missing=st.sets(st.integers(0, 60), max_size=4),
    codec=st.sampled_from(CODECS),
)
def test_the_quick_way_counts_as_the_slow_one(
    pictures: list[tuple[bool, int, int, bool]], missing: set[int], codec: Codec
) -> None:
    source = Source(codec)
    packets = [
        packet
        for key, size, slices, marked in pictures
        for packet in source.picture(key=key, size=size, slices=slices, marked=marked)
    ]
    left = [packet for at, packet in enumerate(packets) if at not in missing]
    quick, slow = stream(codec), stream(codec)
    quick.wanted = slow.wanted = True
    assert received(quick, left) == each_alone(slow, left)
    assert quick.counts == slow.counts
    assert quick.counts.packets == len(left)


@pytest.mark.parametrize("codec", CODECS)
def test_a_picture_that_lost_any_of_its_packets_is_not_whole(codec: Codec) -> None:
    for missing in range(1, 8):
        source = Source(codec)
        packets = source.picture(key=True, size=3000)
        del packets[missing]
        video = stream(codec)
        video.wanted = True
        assert received(video, [*packets, *source.picture(key=True)]) == [whole(codec)]
        assert (video.counts.lost, video.counts.keyframes, video.counts.frames) == (1, 1, 2)


def test_a_source_that_begins_anew() -> None:
    video = stream()
    received(video, Source(sequence=10).picture(key=True))
    received(video, Source(sequence=5, ssrc=77).picture(key=True))
    assert (video.counts.lost, video.counts.keyframes, video.ssrc) == (0, 2, 77)
    received(video, Source(sequence=40_000, ssrc=77).picture(key=True))
    assert video.counts.lost == 0, "a gap so large is none"
    behind = Source(sequence=30_000, ssrc=77, most=100)
    received(video, behind.picture(key=False, size=3000))
    assert video.counts.packets > 20, "late ones that go on are a source that counts anew"


def test_late_and_repeated_packets_count_for_nothing() -> None:
    source, video = Source(), stream()
    packets = source.picture(key=True, size=3000)
    received(video, [*packets, packets[0], packets[3]])
    assert (video.counts.packets, video.counts.lost) == (len(packets), 0)


def test_a_clock_that_stands_still_and_one_that_jumps() -> None:
    source, video = Source(rtp_time=1000), stream()
    for _ in range(3):
        received(video, source.picture(key=False))
        source.rtp_time = 1000
    assert (video.counts.frames, video.counts.rtp_ticks) == (3, 0)
    source.rtp_time += 90_000 * 3600
    received(video, source.picture(key=False))
    assert video.counts.rtp_ticks == 0, "a clock that was set"


def test_parameter_sets_of_the_stream_take_the_place_of_those_described() -> None:
    other = bytes.fromhex("67640028acd940780227e584000003000400000300c83c60c658")
    source, video = Source(), stream()
    video.wanted = True
    (unit,) = received(video, source.picture(key=True, before=[other]))
    assert picture_size("h264", unit) == (1920, 1080)
    assert (video.units.width, video.units.height) == (1920, 1080)
    assert unit.count(b"\x00\x00\x00\x01\x67") == 1


def test_marked_parameter_sets_are_no_pictures() -> None:
    source, video = Source(), stream()
    video.wanted = True
    sets = [source.packet(each, last=True) for each in SETS["h264"]]
    assert received(video, [*sets, *source.picture(key=True), *source.picture(key=False)]) == [whole("h264")]
    assert (video.counts.frames, video.counts.keyframes) == (2, 1)


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from(CODECS))
def test_any_payloads(payloads: list[bytes], codec: Codec) -> None:
    source, video = Source(codec), stream(codec)
    video.wanted = True
    packets = [source.packet(payload, last=at % 3 == 0) for at, payload in enumerate(payloads)]
    received(video, packets)
    assert video.counts.packets == len(packets)


@given(st.binary(max_size=40))
def test_any_packet(raw: bytes) -> None:
    for first in (0x80, 0xB0, 0xBF, 0xA0):
        packet = read_packet(bytes([first]) + raw)
        assert packet is None or len(packet.payload) <= len(raw)


def test_a_packet_with_everything() -> None:
    head = struct.pack(">BBHII", 0x80 | 0x30 | 2, 0xE0, 7, 8, 9)
    raw = head + bytes(8) + struct.pack(">HH", 1, 2) + bytes(8) + b"payload" + b"\x00\x02"
    packet = read_packet(raw)
    assert packet == (96, True, 7, 8, 9, b"payload")


@pytest.mark.parametrize(
    ("expected", "sequence", "missing"), [(5, 5, 0), (5, 7, 2), (65_535, 1, 2), (5, 4, None)]
)
def test_gaps(expected: int, sequence: int, missing: int | None) -> None:
    assert gap(expected, sequence) == missing


@pytest.mark.parametrize(
    ("earlier", "later", "ticks"), [(0, 3600, 3600), (0xFFFFFFF0, 16, 32), (3600, 0, -3600)]
)
def test_ticks(earlier: int, later: int, ticks: int) -> None:
    assert ticks_between(earlier, later) == ticks


@given(st.binary(max_size=200), st.sampled_from(CODECS))
def test_any_parameter_set(raw: bytes, codec: Codec) -> None:
    for head in (b"\x67", b"\x68", b"\x42\x01", b"\x40\x01", b""):
        found = parameter_set(codec, head + raw)
        assert found is None or (found.width >= 0 and found.height >= 0)
    picture_size(codec, raw)


@pytest.mark.parametrize("codec", CODECS)
def test_sizes_of_pictures(codec: Codec) -> None:
    assert picture_size(codec, annex_b(SETS[codec])) == (640, 360)
    sets = [each for each in SETS[codec] if not (found := parameter_set(codec, each)) or not found.width]
    assert picture_size(codec, annex_b(sets)) is None


def test_reports_of_a_clock() -> None:
    raw = sender_report(7, 1_700_000_000.25, 5)[4:]
    report = read_sender_report(raw)
    assert report is not None
    assert (report.ssrc, report.rtp_time) == (7, 5)
    assert report.unix_s == pytest.approx(1_700_000_000.25, abs=1e-6)
    assert read_sender_report(raw[:20]) is None
    assert read_sender_report(sender_report(7, -2_208_988_800.0, 5)[4:]) is None, "a clock that was never set"


@given(st.binary(max_size=100))
def test_any_report(raw: bytes) -> None:
    read_sender_report(raw)


@pytest.mark.parametrize("lost", [-5, 0, 3, 10**9])
def test_our_report_is_well_formed(lost: int) -> None:
    raw = receiver_report(1, Reception(7, lost / 10, lost, 70_000, 5, -1.0))
    assert raw[:4] == bytes((0x81, 201, 0, 7))
    assert len(raw) % 4 == 0
    assert raw[32:34] == bytes((0x81, 202))
    assert len(raw) - 32 == 4 * (1 + int.from_bytes(raw[34:36], "big"))
    assert struct.unpack(">I", raw[8:12]) == (7,)

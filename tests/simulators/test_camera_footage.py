"""Footage of simulated cameras: what it shows, how it is cut, and that others can play it."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")

import av
import cv2
import numpy as np

from simulators.cameras.clip_plans import PICTURE_FAULTS, ClipPlan, PictureFault
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.clips import Unit, read_clip, write_clip
from simulators.cameras.encoding import encode, pictures
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.rtp_payloads import Packing, payloads
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.cameras.labelled.footage import NAMES, footage

PLAN = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2)
START = b"\x00\x00\x00\x01"


def _first(plan: ClipPlan) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return next(pictures(plan)).y


def _last(plan: ClipPlan) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    *_, picture = pictures(plan)
    return picture.y


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert encode(PLAN) == encode(PLAN)
    assert encode(PLAN).units != encode(replace(PLAN, scene=2)).units


def test_a_clip_is_cut_into_groups_with_parameter_sets_apart() -> None:
    clip = encode(PLAN)
    assert [unit.key for unit in clip.units] == [True, False, False, False, False] * 3
    assert [nal[0] & 0x1F for nal in clip.parameter_sets] == [7, 8]
    assert {nal[0] & 0x1F for unit in clip.units for nal in unit.nals} == {1, 5}


def test_keyframes_of_a_loop_are_all_different() -> None:
    clip = encode(replace(PLAN, keyframes=17, keyframe_seconds=0.04))
    assert len({sha256(b"".join(unit.nals)).digest() for unit in clip.units}) == 17


@pytest.mark.parametrize("plan", [PLAN, replace(PLAN, codec="h265"), replace(PLAN, slices=4)])
def test_what_was_encoded_is_decoded_again(plan: ClipPlan) -> None:
    clip = encode(plan)
    decoder = av.CodecContext.create("hevc" if plan.codec == "h265" else "h264", "r")
    stream = b"".join(START + nal for nal in (*clip.parameter_sets, *clip.units[0].nals))
    frames = [*decoder.decode(av.Packet(stream)), *decoder.decode(None)]
    assert len(frames) == 1
    difference = np.abs(frames[0].to_ndarray()[: plan.height].astype(int) - _first(plan)).mean()
    assert difference < 6  # of 255: encoded at a low rate, and the same picture


def test_a_frozen_camera_gives_its_encoder_one_picture_for_ever() -> None:
    frozen = PLAN.faulty("frozen")
    assert len({picture.y.tobytes() for picture in pictures(frozen)}) == 1
    assert len({picture.y.tobytes() for picture in pictures(PLAN)}) == PLAN.frames


@pytest.mark.parametrize("fault", [fault for fault in PICTURE_FAULTS if fault != "frozen"])
def test_a_fault_shows_and_more_of_it_shows_more(fault: PictureFault) -> None:
    good = next(pictures(PLAN))

    def away(severity: int) -> float:
        bad = next(pictures(PLAN.faulty(fault, severity)))
        pairs = ((good.y, bad.y), (good.u, bad.u), (good.v, bad.v))
        return sum(float(np.abs(one.astype(int) - other).mean()) for one, other in pairs)

    changes = [away(severity) for severity in (1, 3, 5)]
    assert changes[0] > 1
    assert changes == sorted(changes)


def test_noise_makes_two_pictures_of_an_empty_place_differ() -> None:
    first, last = _first(PLAN), _last(PLAN)
    assert 1 < np.abs(first[40:90, -60:].astype(int) - last[40:90, -60:]).mean() < 20


def test_a_clip_is_kept_and_found_again(tmp_path: Path) -> None:
    clip = encode(PLAN)
    write_clip(clip, tmp_path / "one")
    assert read_clip(tmp_path / "one") == clip


@pytest.mark.slow
async def test_missing_clips_are_made_by_a_process_of_their_own(tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips")
    plans = [PLAN, PLAN.faulty("black"), PLAN]
    await store.make(plans)
    assert store.missing(plans) == []
    assert store.clip(PLAN) == encode(PLAN)
    assert len(list((tmp_path / "clips").iterdir())) == 2


class TestPackets:
    """Put together again as RFC 6184 5.7 and RFC 7798 4.4 say."""

    UNIT = Unit((bytes([0x65]) + bytes(range(250)) * 40, b"\x65small"), key=True)
    SETS = (b"\x67" + b"s" * 20, b"\x68pp")

    @pytest.mark.parametrize("largest", [100, 1388, 20_000])
    @pytest.mark.parametrize("together", [False, True])
    def test_h264(self, largest: int, together: bool) -> None:
        parts = payloads(self.UNIT, self.SETS, "h264", Packing(aggregated=together, largest=largest))
        assert all(len(part) <= largest for part in parts)
        assert list(_whole_h264(parts)) == [*self.SETS, *self.UNIT.nals]

    def test_h265(self) -> None:
        nals = (bytes([19 << 1, 1]) + bytes(range(250)) * 20, bytes([19 << 1, 1]) + b"small")
        parts = payloads(Unit(nals, key=True), (), "h265", Packing(largest=500))
        pieces = [part for part in parts if part[0] >> 1 == 49]
        assert [part[2] for part in pieces] == [0x80 | 19] + [19] * (len(pieces) - 2) + [0x40 | 19]
        assert b"".join(part[3:] for part in pieces) == nals[0][2:]
        assert parts[-1] == nals[1]

    def test_sets_are_left_out_where_they_are_only_described(self) -> None:
        parts = payloads(self.UNIT, self.SETS, "h264", Packing(in_band=False))
        assert list(_whole_h264(parts)) == [*self.UNIT.nals]


def _whole_h264(parts: list[bytes]) -> Iterator[bytes]:
    piece = b""
    for part in parts:
        match part[0] & 0x1F:
            case 24:
                rest = part[1:]
                while rest:
                    length = int.from_bytes(rest[:2], "big")
                    yield rest[2 : 2 + length]
                    rest = rest[2 + length :]
            case 28:
                piece = bytes([part[0] & 0xE0 | part[1] & 0x1F]) if part[1] & 0x80 else piece
                piece += part[2:]
                if part[1] & 0x40:
                    yield piece
            case _:
                yield part


CAMERAS = {
    "h264": SimulatedCamera("h264", PLAN, CameraLogin("view.er", "p@ss")),
    "slices": SimulatedCamera(
        "slices",
        replace(PLAN, slices=3),
        CameraLogin("u", "p", quality=True),
        aggregated=True,
        sets="described",
    ),
    "h265": SimulatedCamera("h265", replace(PLAN, codec="h265"), CameraLogin("u", "p", ("Basic",))),
    "jpeg": SimulatedCamera("jpeg", replace(PLAN, codec="mjpeg")),
    "in_band": SimulatedCamera("in_band", replace(PLAN, codec="h265"), aggregated=True, sets="in_band"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CAMERAS)
async def test_others_play_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV and cv2, both over FFmpeg: whole pictures of the right size."""
    monkeypatch.setitem(os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    camera = CAMERAS[name]
    async with RtspServer(cameras=[camera]) as server:
        login = camera.login
        who = f"{login.user}:{login.password.replace('@', '%40')}@" if login else ""
        url = server.url(name).replace("://", f"://{who}")
        assert await asyncio.to_thread(_played_by_pyav, url, "tcp") == [(320, 192, False)] * 10
        assert await asyncio.to_thread(_played_by_cv2, url) == [(192, 320, 3)] * 10


@pytest.mark.slow
async def test_others_play_it_over_udp() -> None:
    async with RtspServer(cameras=[SimulatedCamera("one", PLAN, udp=True)]) as server:
        assert await asyncio.to_thread(_played_by_pyav, server.url("one"), "udp") == [(320, 192, False)] * 10


def _played_by_pyav(url: str, transport: str) -> list[tuple[int, int, bool]]:
    told = {"rtsp_transport": transport, "timeout": "10000000"}
    seen = []
    with av.open(url, options=told) as container:
        for frame in container.decode(video=0):
            seen.append((frame.width, frame.height, frame.is_corrupt))
            if len(seen) == 10:
                return seen
    return seen


def _played_by_cv2(url: str) -> list[tuple[int, ...]]:
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    try:
        return [frame.shape for ok, frame in (capture.read() for _ in range(10)) if ok]
    finally:
        capture.release()


def _film(path: Path, seconds: float) -> Path:
    """Pictures of ``PLAN`` as somebody's film."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(round(seconds * 25)):
            grey = np.full((144, 160), 40 + 5 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def test_a_film_is_shown_in_its_own_time_and_again(tmp_path: Path) -> None:
    """0.8 s of it, brighter and brighter, in a loop of 1.6 s at half its rate, then once more."""
    film = _film(tmp_path / "film.mkv", 0.8)
    plan = ClipPlan(
        width=320, height=192, frames_a_second=10, keyframes=4, keyframe_seconds=0.4, film=str(film)
    )
    light = [float(picture.y[100:].mean()) for picture in pictures(plan)]
    assert len(light) == 16
    assert light[:8] == sorted(light[:8])
    assert light[8] < light[7] - 40
    assert {unit.key for unit in encode(plan).units} == {True, False}


@pytest.mark.parametrize("name", NAMES)
def test_real_footage_is_shown_where_there_is_some(name: str) -> None:
    films = {each.path.name: each.path for each in footage()}
    if name not in films:
        pytest.skip(f"{name} is not on this machine: EPIHUB_FOOTAGE may name its folder")
    plan = ClipPlan(width=320, height=192, keyframes=2, film=str(films[name]))
    first, *_, last = pictures(plan)
    assert first.y.std() > 10
    assert np.abs(first.y.astype(int) - last.y).mean() > 0.5

"""Cameras that send a frame every few seconds: they are waited for as long as their own rate asks."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.camera_session import opened_session
from adapters.cameras.rtsp.facts import Patience
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.cameras.monitor.watching import config
from tests.cameras.rtsp.conversing import conversation
from tests.cameras.rtsp.watching import LONG, Log, session
from tests.cameras.rtsp.wire import Source, opening
from tests.fire.patience import until

PLAN = ClipPlan(width=320, height=192, frames_a_second=2, keyframes=3, keyframe_seconds=1.0)
TICKS = 90_000
SECONDS = st.floats(0.1, 60)


@given(st.builds(Patience, SECONDS, SECONDS, SECONDS, SECONDS, SECONDS), st.floats(0, 1e6))
def test_patience_only_grows_and_has_an_end(usual: Patience, seconds: float) -> None:
    slow = usual.for_frames_every(seconds)
    assert (slow.connect_seconds, slow.answer_seconds) == (usual.connect_seconds, usual.answer_seconds)
    for longer, shorter, most in (
        (slow.stall_seconds, usual.stall_seconds, 60),
        (slow.first_packet_seconds, usual.first_packet_seconds, 60),
        (slow.keyframe_seconds, usual.keyframe_seconds, 1200),
    ):
        assert shorter <= longer <= max(shorter, most)


@pytest.mark.parametrize(("frames_a_second", "stall"), [(25, 2), (2, 2), (1, 3), (0.5, 6), (0.1, 30)])
def test_a_stall_is_three_frames_overdue(frames_a_second: float, stall: float) -> None:
    """As soon as within three seconds for cameras of a frame a second and more."""
    assert Patience().for_frames_every(1 / frames_a_second).stall_seconds == pytest.approx(stall)


def frame_seconds(rate: str, rtp_step_s: float, heard_step_s: float, count: int) -> float:
    """What is known of a stream after ``count`` frames."""
    made, source = conversation(), Source()
    more = f"a=framerate:{rate}\r\n" if rate else ""
    for piece in opening("h264", more=more):
        made.receive(piece, 1000.0, 10.0)
    for number in range(count):
        start = source.rtp_time
        packets = b"".join(source.picture(key=number == 0))
        source.rtp_time = (start + round(rtp_step_s * TICKS)) & 0xFFFFFFFF
        made.receive(packets, 1000.0 + number * heard_step_s, 10.0 + number * heard_step_s)
    return made.frame_seconds


@pytest.mark.parametrize(
    ("rate", "rtp_step_s", "heard_step_s", "count", "wanted"),
    [
        ("", 0.04, 0.04, 0, 0.0),
        ("0.2", 0.04, 0.04, 0, 5.0),
        ("", 0.04, 0.04, 50, 0.04),
        ("", 5.0, 0.0, 4, 5.0),  # a group at once, as many send it at first
        ("", 0.0, 5.0, 4, 5.0),
        ("0.2", 0.04, 0.04, 50, 5.0),  # it may be one that only begins so
        ("0.2", 0.04, 0.5, 200, 0.5),  # after a minute nobody needs to be believed
        ("", 5.0, 0.5, 200, 0.5),
    ],
)
def test_how_far_frames_are_apart(
    rate: str, rtp_step_s: float, heard_step_s: float, count: int, wanted: float
) -> None:
    assert frame_seconds(rate, rtp_step_s, heard_step_s, count) == pytest.approx(wanted, abs=0.001)


@pytest.mark.slow
async def test_a_camera_that_says_how_slow_it_is_is_waited_for() -> None:
    """Half a second between frames would be a stall by this patience."""
    hasty = Patience(LONG, LONG, LONG, 0.1, LONG)
    async with RtspServer(cameras=[SimulatedCamera("slow", PLAN, described_rate=0.05)]) as server:
        watched = session(server.url("slow"), log := Log(), patience=hasty)
        running = asyncio.create_task(watched.run())
        await until(lambda: watched.figures.frames >= 4 or running.done(), "four frames came")
        assert not running.done()
        assert "streaming" in log.phases
        running.cancel()
        await asyncio.wait({running})


@pytest.mark.slow
async def test_a_slow_camera_stalls_when_three_frames_are_overdue() -> None:
    hasty = Patience(LONG, LONG, LONG, 0.1, LONG)
    async with RtspServer(cameras=[SimulatedCamera("slow", PLAN)]) as server:
        watched = session(server.url("slow"), log := Log(), patience=hasty)
        running = asyncio.create_task(watched.run())
        await log.until("streaming")
        server.fault("slow", "stall")
        ended = await running
    last_s = watched.figures.last_packet_s
    assert ended.reason == "stall"
    assert last_s is not None
    assert ended.at_s - last_s >= 1.49


@pytest.mark.parametrize("player", ["own", "libav"])
def test_a_setting_where_a_camera_describes_nothing(player: str) -> None:
    told = config("rtsp://127.0.0.1/live", player=player, frame_seconds=20)
    assert opened_session(told, Log())._patience == Patience().for_frames_every(20)  # type: ignore[attr-defined]

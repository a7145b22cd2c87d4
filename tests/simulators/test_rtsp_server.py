"""The RTSP server of simulated cameras: what it answers, and what it sends to whom."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal, cast

import pytest

pytest.importorskip("av")

from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.simulators.rtsp_viewer import CLIPS, PLAN, RtspViewer, three_cameras

Sets = Literal["both", "in_band", "described"]
TOGETHER = 24  # STAP-A


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    async with three_cameras() as server:
        yield server


async def test_a_viewer_is_sent_the_whole_group_from_its_keyframe_on(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        reply = await viewer.play()
        first = await viewer.picture()
        assert [packet.nal for packet in first][:2] == [7, 8]
        assert f"seq={first[0].number};rtptime={first[0].time}" in reply.headers["rtp-info"]
        for _ in range(9):
            second = await viewer.picture()
            assert second[0].number == (first[-1].number + 1) & 0xFFFF
            assert (second[0].time - first[0].time) & 0xFFFFFFFF == 1800
            first = second


async def test_all_viewers_of_a_camera_see_the_same_at_the_same_time(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as one, RtspViewer(server.url("plain")) as other:
        await one.play()
        for _ in range(8):
            await one.picture()
        await other.play()
        seen = {(await one.picture())[0].data for _ in range(12)}
        assert len(seen & {(await other.picture())[0].data for _ in range(16)}) >= 8


async def test_what_is_not_there_is_not_found(server: RtspServer) -> None:
    async with RtspViewer(server.url("nobody")) as viewer:
        assert (await viewer.ask("DESCRIBE")).status == 404
        assert (await viewer.ask("PLAY")).status == 404


async def test_a_session_is_needed_and_ends(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        assert (await viewer.ask("PLAY")).status == 454
        assert (await viewer.play()).status == 200
        assert (await viewer.ask("GET_PARAMETER")).status == 200
        assert (await viewer.ask("TEARDOWN")).status == 200
        await viewer.drained()


async def test_udp_is_refused_where_a_camera_does_not_do_it(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        assert (await viewer.play("RTP/AVP;unicast;client_port=5000-5001")).status == 461


async def test_who_has_no_login_is_asked_for_one(server: RtspServer) -> None:
    async with RtspViewer(server.url("guarded")) as viewer:
        assert (await viewer.ask("OPTIONS")).status == 200
        reply = await viewer.ask("DESCRIBE")
        assert reply.status == 401
        assert reply.headers["www-authenticate"].startswith('Digest realm="epihub camera", nonce="')


@pytest.mark.parametrize("sets", ["both", "in_band", "described"])
async def test_parameter_sets_are_told_where_the_camera_tells_them(sets: Sets) -> None:
    camera = SimulatedCamera("one", PLAN, sets=sets)
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        told = await viewer.ask("DESCRIBE")
        await viewer.play()
        kinds = [packet.nal for packet in await viewer.picture()]
    assert ("sprop-parameter-sets" in told.body) == (sets != "in_band")
    assert (7 in kinds) == (sets != "described")


async def test_small_units_share_packets_and_pictures_have_slices() -> None:
    camera = SimulatedCamera("one", replace(PLAN, slices=3), aggregated=True)
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        await viewer.play()
        first = await viewer.picture()
        assert TOGETHER in {packet.nal for packet in first}
        assert sum(len(unit.nals) for unit in server.states["one"].ready.clip.units[:1]) == 3
        assert [packet.marker for packet in first] == [False] * (len(first) - 1) + [True]


async def test_a_microphone_is_described_first_and_says_nothing() -> None:
    camera = SimulatedCamera("one", PLAN, audio=True)
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        told = (await viewer.ask("DESCRIBE")).body
        assert told.index("m=audio") < told.index("m=video")
        early = await viewer.ask("SETUP", f"{viewer.url}/trackID=2", Transport="RTP/AVP/TCP;interleaved=2-3")
        assert early.status == 461
        await viewer.play()
        late = await viewer.ask("SETUP", f"{viewer.url}/trackID=2", Transport="RTP/AVP/TCP;interleaved=2-3")
        assert (late.status, late.headers["transport"]) == (200, "RTP/AVP/TCP;unicast;interleaved=2-3")
        assert {(await viewer.packet()).channel for _ in range(20)} <= {0, 1}


async def test_a_session_that_is_not_kept_alive_is_closed() -> None:
    camera = SimulatedCamera("one", PLAN, session_seconds=0.3)
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        await viewer.play()
        await viewer.drained()


@pytest.mark.slow
async def test_two_hundred_viewers_of_one_process() -> None:
    cameras = [SimulatedCamera(f"cam-{number}", PLAN) for number in range(200)]
    async with RtspServer(cameras=cameras, clips=CLIPS) as server:
        viewers = [RtspViewer(server.url(camera.id)) for camera in cameras]

        async def watch(viewer: RtspViewer) -> None:
            async with viewer:
                await viewer.play()
                for _ in range(10):
                    await viewer.picture()

        await asyncio.gather(*map(watch, viewers))
        assert all(server.counters(camera.id).frames >= 10 for camera in cameras)


def test_a_server_for_tls_says_so_in_its_urls() -> None:
    context = cast(ssl.SSLContext, object())
    assert RtspServer(cameras=[SimulatedCamera("one")], tls=context).url("one").startswith("rtsps://")


async def test_jpeg_has_a_payload_type_of_its_own_and_may_be_described_as_something_else() -> None:
    camera = SimulatedCamera("one", replace(PLAN, codec="mjpeg"))
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        assert "m=video 0 RTP/AVP 26\r\n" in (await viewer.ask("DESCRIBE")).body
        await viewer.play()
        assert {packet.data[1] & 0x7F for packet in await viewer.picture()} == {26}
    async with RtspServer(cameras=[camera], clips=CLIPS) as server, RtspViewer(server.url("one")) as viewer:
        server.fault("one", "unsupported_codec")
        assert "MP4V-ES/90000" in (await viewer.ask("DESCRIBE")).body

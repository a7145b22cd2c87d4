"""Every fault of simulated cameras that a viewer can see from outside."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest

pytest.importorskip("av")

from simulators.cameras.camera_faults import UnknownFault
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.simulators.rtsp_viewer import PLAN, RtspViewer, three_cameras


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    async with three_cameras() as server:
        yield server


async def _status(server: RtspServer, method: str, name: str, **how: float | str) -> int:
    server.fault("plain", name, **how)
    async with RtspViewer(server.url("plain")) as viewer:
        return (await viewer.ask(method)).status


async def test_status(server: RtspServer) -> None:
    assert await _status(server, "DESCRIBE", "status", code=404) == 404


async def test_wrong_login(server: RtspServer) -> None:
    server.fault("guarded", "wrong_login")
    async with RtspViewer(server.url("guarded")) as viewer:
        assert (await viewer.ask("DESCRIBE")).status == 401


async def test_redirect(server: RtspServer) -> None:
    server.fault("plain", "redirect", to="rtsp://192.0.2.1/elsewhere")
    async with RtspViewer(server.url("plain")) as viewer:
        reply = await viewer.ask("DESCRIBE")
    assert (reply.status, reply.headers["location"]) == (302, "rtsp://192.0.2.1/elsewhere")


async def test_unsupported_codec(server: RtspServer) -> None:
    server.fault("plain", "unsupported_codec")
    async with RtspViewer(server.url("plain")) as viewer:
        assert "MP4V-ES/90000" in (await viewer.ask("DESCRIBE")).body


async def test_session_limit(server: RtspServer) -> None:
    server.fault("plain", "session_limit", sessions=1)
    async with RtspViewer(server.url("plain")) as one, RtspViewer(server.url("plain")) as other:
        assert (await one.play()).status == 200
        assert (await other.play()).status == 453


async def test_expired_session_at_a_keep_alive(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        server.fault("plain", "expired_session", method="GET_PARAMETER")
        assert (await viewer.ask("GET_PARAMETER")).status == 454


async def test_what_begins_at_a_request_sends_viewers_away_first(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        server.fault("plain", "status", code=503)
        await viewer.drained()
    assert server.states["plain"].sessions == 0


@pytest.mark.parametrize("name", ["mute", "no_packets", "stall", "half_frame"])
async def test_nothing_more_comes_and_the_line_stays_open(server: RtspServer, name: str) -> None:
    """Two cameras run side by side: thirty pictures of the other one are time enough to be wrong."""
    server.fault("plain", name)
    async with RtspViewer(server.url("plain")) as viewer, RtspViewer(server.url("apart")) as other:
        asking = asyncio.create_task(viewer.play())
        await other.play()
        for _ in range(30):
            await other.picture()
        assert asking.done() == (name != "mute")
        asking.cancel()
        pictures = asyncio.create_task(viewer.picture())
        for _ in range(15):
            await other.picture()
        assert not pictures.done()
        pictures.cancel()


@pytest.mark.parametrize(("name", "error"), [("drop", None), ("reset", ConnectionResetError)])
async def test_the_line_goes_down(server: RtspServer, name: str, error: type[OSError] | None) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        await viewer.picture()
        server.fault("plain", name)
        with pytest.raises(error) if error else nullcontext():
            await viewer.drained()


async def test_loss(server: RtspServer) -> None:
    server.fault("plain", "loss", share=0.3)
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        heard = [await viewer.packet() for _ in range(60)]
    numbers = [packet.number for packet in heard if packet.channel == 0]
    assert (numbers[-1] - numbers[0]) & 0xFFFF >= len(numbers)
    assert server.counters("plain").lost


async def test_garbage(server: RtspServer) -> None:
    server.fault("plain", "garbage", share=1.0)
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        assert (await viewer.raw())[:1] != b"$"
        pictures = [await viewer.picture() for _ in range(4)]
    assert pictures[-1][0].number == (pictures[-2][-1].number + 1) & 0xFFFF


async def test_fewer_pictures_say_so_in_their_times(server: RtspServer) -> None:
    server.fault("plain", "fps", factor=0.5)
    assert await _step(server) == 3600


async def test_a_clock_that_runs_away(server: RtspServer) -> None:
    server.fault("plain", "drift", ppm=10_000)
    assert await _step(server) == 1818


async def test_a_clock_that_stands(server: RtspServer) -> None:
    server.fault("plain", "standing_clock")
    assert await _step(server) == 0


async def _step(server: RtspServer) -> int:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        one = await viewer.picture()
        return ((await viewer.picture())[0].time - one[0].time) & 0xFFFFFFFF


async def test_reports_tell_the_clock_that_is_wrong(server: RtspServer) -> None:
    server.fault("plain", "clock", seconds=-3600)
    async with RtspViewer(server.url("plain")) as viewer:
        before = time.time()
        await viewer.play()
        while (heard := await viewer.packet()).channel == 0:
            pass
    assert before - 3601 < heard.offset_seconds < time.time() - 3599


async def test_no_keyframe(server: RtspServer) -> None:
    server.fault("plain", "no_keyframe")
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        kinds = {packet.data[13] & 0x1F for _ in range(10) for packet in await viewer.picture()}
    assert 5 not in kinds


async def test_nonsense_instead_of_a_reply(server: RtspServer) -> None:
    server.fault("plain", "bad_reply")
    async with RtspViewer(server.url("plain")) as viewer:
        viewer.send("OPTIONS")
        assert (await viewer.raw()).startswith(b"HTTP")


async def test_headers_without_an_end(server: RtspServer) -> None:
    server.fault("plain", "endless_reply")
    async with RtspViewer(server.url("plain")) as viewer:
        viewer.send("OPTIONS")
        heard = 0
        while heard < 1_000_000:
            heard += len(await viewer.raw())


async def test_refused_and_let_in_again(server: RtspServer) -> None:
    server.fault("apart", "refused")
    with pytest.raises(ConnectionRefusedError):
        async with RtspViewer(server.url("apart")):
            pass
    server.clear("apart")
    await server.opened()
    async with RtspViewer(server.url("apart")) as viewer:
        assert (await viewer.play()).status == 200


async def test_a_black_hole_answers_nobody(server: RtspServer) -> None:
    server.fault("apart", "black_hole")
    with pytest.raises(TimeoutError):
        async with RtspViewer(server.url("apart"), patience=0.5):
            pass


async def test_only_a_camera_apart_can_refuse(server: RtspServer) -> None:
    with pytest.raises(ValueError, match="apart"):
        server.fault("plain", "refused")
    assert not server.states["plain"].faults


@pytest.mark.parametrize(("name", "how"), [("gone", {}), ("stall", {"share": 1.0})])
def test_an_unknown_fault_is_told(name: str, how: dict[str, float]) -> None:
    with pytest.raises(UnknownFault):
        RtspServer(cameras=[SimulatedCamera("plain", PLAN)]).fault("plain", name, **how)


async def test_other_footage_begins_with_a_keyframe(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        await viewer.picture()
        server.fault("plain", "resolution")
        ready = server.states["plain"].ready
        kinds = [[packet.nal for packet in await viewer.picture()] for _ in range(8)]
    assert (ready.clip.plan.width, ready.clip.plan.height) == (160, 96)
    assert any(kind[0] == 7 for kind in kinds)


async def test_a_switch_dies_and_is_back(server: RtspServer) -> None:
    async with RtspViewer(server.url("plain")) as viewer:
        await viewer.play()
        server.shut()
        with pytest.raises(ConnectionResetError):
            await viewer.drained()
    with pytest.raises(ConnectionRefusedError):
        async with RtspViewer(server.url("plain")):
            pass
    server.reopen()
    await server.opened()
    async with RtspViewer(server.url("plain")) as viewer:
        assert (await viewer.play()).status == 200

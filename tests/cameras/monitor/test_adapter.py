"""``rtsp`` as an adapter: what every kind owes, as far as a camera can owe it (adapters/quality.toml)."""

import asyncio
from typing import Any

import pytest

from adapters.cameras.rtsp_camera import RtspCamera
from hub.contract import Frame
from simulators.cameras.rtsp_server import RtspServer
from tests.background import background
from tests.cameras.monitor.watching import camera, config, watching
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.ports import free_port


def adapter(url: str, outlet: MemoryOutlet | None = None, name: str = "cam-1", **more: Any) -> RtspCamera:
    return RtspCamera(config(url, name, **more), outlet or MemoryOutlet(device=name))


def test_constructor_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a constructor must only remember")

    settings = config("rtsp://127.0.0.1/live")
    monkeypatch.setattr("socket.socket", forbidden)
    monkeypatch.setattr("builtins.open", forbidden)
    monkeypatch.setattr("io.open", forbidden)
    RtspCamera(settings, MemoryOutlet())


def test_a_capture_means_nothing() -> None:
    frame = Frame(b"\x00\x00\x01\x65 a picture")
    first, second = (adapter("rtsp://127.0.0.1/live").interpret(frame, 1) for _ in range(2))
    assert first == second
    assert [problem.reason for problem in first.problems] == ["camera.no_message"]
    assert first.facts == ()


def test_cameras_of_an_edge_share_one_monitor() -> None:
    first, second = adapter("rtsp://10.0.0.1/a"), adapter("rtsp://10.0.0.2/b", name="cam-2")
    assert first.link() == second.link()
    assert first.config.hangs_on("edge-1") == second.config.hangs_on("edge-1") != ""


async def test_cancel_ends_it_within_a_second() -> None:
    async with RtspServer(cameras=[camera("cam-1")]) as server:
        outlet = MemoryOutlet()
        task = asyncio.create_task(adapter(server.url("cam-1"), outlet).run())
        await until(lambda: bool(outlet.facts), "it is told how it stands")
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        assert done == {task}
        await until(lambda: not server.connections, "its session is over")


async def test_an_absent_camera_is_told_as_away() -> None:
    """By the monitor of all: one that is away must not stop those that are there."""
    outlet = MemoryOutlet()
    absent = adapter(f"rtsp://127.0.0.1:{free_port()}/live", outlet, offline_seconds=0)
    async with background(absent.run()):
        await until(lambda: ("OFFLINE", "refused") in outlet.states, "it is away")


async def test_a_name_that_is_nobodys_and_an_address_that_is_not_allowed_are_told() -> None:
    nobody = config("rtsp://khong-co.invalid/live", "cam-1")
    outside = config("rtsp://127.0.0.1/live", "cam-2", allow=("10.0.0.0/8",))
    async with watching([nobody, outside]) as watched:
        await watched.until_stands("OFFLINE", "not_allowed", "cam-2")
        await watched.until_stands("OFFLINE", "unresolved", "cam-1")


@pytest.mark.slow
async def test_a_clock_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By three reports in a row: a single one may have been under way for long."""
    monkeypatch.setattr("adapters.cameras.monitor.LOOK_AFTER_S", 0.2)
    monkeypatch.setattr("simulators.cameras.live_camera.REPORT_SECONDS", 0.2)
    async with RtspServer(cameras=[camera("cam-1")]) as server:
        server.fault("cam-1", "clock", seconds=300)
        async with watching([config(server.url("cam-1"))]) as watched:
            await watched.until_told("DEGRADED", "clock")
            assert watched.healths()[-1].clock_offset_s == pytest.approx(300, abs=5)
            await until(lambda: bool(watched.outlets["cam-1"].clock_offsets), "the edge knows, too")

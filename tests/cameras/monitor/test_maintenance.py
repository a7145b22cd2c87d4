"""Somebody works on a camera: its edge was told, and knows it after a restart, until it is over."""

import pytest

from hub.streams import now_ms
from simulators.cameras.rtsp_server import RtspServer
from tests.cameras.monitor.watching import camera, config, one_watched, watching
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until

HOUR_MS = 3_600_000


async def test_a_maintenance_is_a_state_until_it_is_over() -> None:
    async with one_watched() as (_, watched):
        await watched.until_stands("ONLINE")
        assert await watched.ask("maintenance", until=now_ms() + HOUR_MS) == ("done", "")
        await watched.until_stands("MAINTENANCE", "maintenance")
        assert await watched.ask("maintenance", until=0) == ("done", "")
        await watched.until_stands("ONLINE")


async def test_a_restart_does_not_end_it() -> None:
    outlets = {"cam-1": MemoryOutlet(device="cam-1")}
    async with RtspServer(cameras=[camera("cam-1")]) as server:
        configs = [config(server.url("cam-1"))]
        async with watching(configs, outlets) as watched:
            await watched.ask("maintenance", until=now_ms() + HOUR_MS)
        before = len(watched.healths())
        async with watching(configs, outlets) as watched:
            await until(lambda: len(watched.healths()) > before, "it is told after the restart")
            assert {each.state for each in watched.healths()[before:]} == {"MAINTENANCE"}


@pytest.mark.parametrize("until_ms", [-1, 2**70, "morgen", 1.5, None, True])
async def test_what_is_no_time_is_refused(until_ms: object) -> None:
    async with one_watched() as (_, watched):
        assert await watched.ask("maintenance", until=until_ms) == ("refused", "command.bad_args")

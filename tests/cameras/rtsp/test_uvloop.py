"""The same on the loop that an edge runs on."""

import asyncio
import socket

import pytest

pytest.importorskip("av")

import uvloop

from adapters.cameras.reasons import Reason
from adapters.cameras.rtsp.facts import Ended, Patience
from adapters.cameras.rtsp.low_water import LowWater
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.cameras.rtsp.watching import LONG, UNHURRIED, Log, session
from tests.fire.patience import until

PLAN = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2)
FAULTS: dict[str, Reason] = {"drop": "closed", "reset": "reset", "stall": "stall"}


async def _ends_by_fault(server: RtspServer, fault: str) -> Ended:
    log = Log()
    patience = Patience(LONG, LONG, LONG, 1.0, LONG) if fault == "stall" else UNHURRIED
    task = asyncio.create_task(session(server.url(fault), log, patience=patience).run())
    await log.until("streaming")
    server.fault(fault, fault)
    return await task


async def _all_faults() -> list[Reason]:
    cameras = [SimulatedCamera(fault, PLAN) for fault in FAULTS]
    async with RtspServer(cameras=cameras, clips=ClipStore()) as server:
        ended = await asyncio.gather(*(_ends_by_fault(server, fault) for fault in FAULTS))
    return [each.reason for each in ended]


async def _leaves() -> int:
    async with RtspServer(cameras=[SimulatedCamera("c", PLAN)], clips=ClipStore()) as server:
        log = Log()
        ended = await session(server.url("c"), log).run("keyframe")
        assert (ended.reason, len(log.frames)) == ("watching", 1)
        await until(lambda: server.counters("c").requests["TEARDOWN"] == 1, "it took its leave")
        return server.states["c"].sessions


async def _raises_its_water() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
        line = transport.get_extra_info("socket")
        LowWater(line).follow(10_000)
        told = line.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        transport.abort()
    return int(told)


@pytest.mark.slow
def test_faults() -> None:
    assert uvloop.run(_all_faults()) == list(FAULTS.values())


def test_leaving() -> None:
    assert uvloop.run(_leaves()) == 0


def test_low_water() -> None:
    assert uvloop.run(_raises_its_water()) == 2000

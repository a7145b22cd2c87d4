"""A stream wakes us when much of it waits; what became thin, or ended, wakes us all the same."""

import asyncio
import select
import socket
import sys
from collections.abc import Iterator

import pytest

from adapters.cameras.rtsp.facts import Patience
from adapters.cameras.rtsp.low_water import GATHER_SECONDS, LowWater
from tests.cameras.rtsp.watching import LONG, Log, session
from tests.fire.patience import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts for each socket")
RATE = 10_000.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The camera's end and ours, over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    with ours, theirs:
        yield theirs, ours


def wakes(line: socket.socket) -> bool:
    return bool(select.select([line], [], [], 0)[0])


async def arrived(line: socket.socket, count: int) -> None:
    def has() -> bool:
        try:
            return len(line.recv(count, socket.MSG_PEEK | socket.MSG_DONTWAIT)) == count
        except BlockingIOError:
            return False

    await until(has, f"{count} bytes wait")


async def test_much_is_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, ours = pair
    water = LowWater(ours)
    water.follow(RATE)
    assert water.is_raised
    few = int(RATE * GATHER_SECONDS) // 2
    theirs.send(bytes(few))
    await arrived(ours, few)
    assert not wakes(ours)
    theirs.send(bytes(few))
    await until(lambda: wakes(ours), "it is enough now")


async def test_lowered_it_wakes_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, ours = pair
    water = LowWater(ours)
    water.follow(RATE)
    theirs.send(b"x")
    await arrived(ours, 1)
    assert not wakes(ours)
    water.lower()
    assert wakes(ours)
    assert not water.is_raised


async def test_an_end_wakes(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, ours = pair
    LowWater(ours).follow(RATE)
    theirs.close()
    await until(lambda: wakes(ours), "it has ended")


def test_a_connection_that_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    _, ours = pair
    water = LowWater(ours)
    ours.close()
    water.follow(RATE)
    assert not water.is_raised


@pytest.mark.slow
async def test_a_stream_that_became_thin_does_not_stall() -> None:
    pytest.importorskip("av")
    from simulators.cameras.clip_plans import ClipPlan
    from simulators.cameras.rtsp_server import RtspServer
    from simulators.cameras.simulated_camera import SimulatedCamera

    plan = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2)
    async with RtspServer(cameras=[SimulatedCamera("c", plan)]) as server:
        log = Log()
        watched = session(server.url("c"), log, patience=Patience(LONG, LONG, LONG, 2.0, LONG))
        task = asyncio.create_task(watched.run())
        await log.until("streaming")
        await until(lambda: watched.figures.heard_seconds > 1.2, "its rate was measured", LONG)
        server.fault("c", "fps", factor=0.06)
        had = watched.figures.frames
        await until(lambda: task.done() or watched.figures.frames >= had + 5, "thin, and received", LONG)
        assert not task.done(), task.result()
        task.cancel()
        await asyncio.wait([task])

"""Lines that go quiet without a word: packets that vanish, a cable that is out, a proxy that swallows."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import signature
from pathlib import Path

import pytest

from hub.mqtt.connection import connect
from tests.apart.scene import Scene, figure, scene
from tests.fire.patience import until_told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# Keep-alive is 9 s here and not 30: the edge gives up 9 to 12 s after the last byte, the broker after 13.5
# [MQTT-3.1.2-24].
_SHORT = """
from hub.cli import main
from hub.mqtt.connection import connect
connect.__kwdefaults__["keepalive_seconds"] = 9
main()
"""
SHORT_KEEPALIVE = (sys.executable, "-c", _SHORT)
NOTICED_SECONDS = 60.0


def test_processes_give_up_a_silent_line_after_thirty_seconds() -> None:
    """Only the waits of this module are shorter."""
    assert signature(connect).parameters["keepalive_seconds"].default == 30


async def test_both_sides_notice_that_packets_vanish(tmp_path: Path) -> None:
    """No reset, no unreachable, nothing: only silence tells it."""
    async with _quick_to_notice(tmp_path, proxied=False) as both, _watching(both) as states:
        assert await _line(states) == "ONLINE connected"
        both.network.blind("edge-1")
        edge_saw, hub_saw = await asyncio.gather(_bus_is(both, "degraded"), _line(states))
        assert edge_saw
        assert hub_saw == "OFFLINE connection lost"
        connected = await figure(both.edge, "relay_connected")
        await both.edge.analyzers.more(200)
        await both.other_arrives()
        both.network.see("edge-1")
        assert await _line(states) == "ONLINE connected"
        findings = await both.settle()
    assert connected == 0
    assert findings.epochs == 1


async def test_a_cable_that_is_out_and_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path, proxied=False) as both:
        await both.edge.analyzers.more(100)
        for _ in range(3):
            both.network.take_down("edge-1")
            await both.edge.analyzers.more(400)
            await both.other_arrives()
            both.network.bring_up("edge-1")
            await both.edge.analyzers.more(50)
        findings = await both.settle()
    assert findings.epochs == 1


async def test_a_line_that_brings_no_answer(tmp_path: Path) -> None:
    """The half that still works must not hide the half that does not: all arrives, nothing is heard."""
    async with _quick_to_notice(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("swallow=down")
        assert await _bus_is(both, "degraded")
        await both.edge.analyzers.more(200)
        await both.other_arrives()
        await both.chaos.say("heal reset")
        await both.settle()


async def test_a_line_that_takes_connections_and_forwards_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("reset hold=both")
        assert await _bus_is(both, "degraded")
        await both.edge.analyzers.more(400)
        await both.other_arrives()
        await both.chaos.say("heal")
        await both.settle()


def _quick_to_notice(folder: Path, *, proxied: bool = True) -> AbstractAsyncContextManager[Scene]:
    return scene(folder, proxied=proxied, program=SHORT_KEEPALIVE)


async def _bus_is(both: Scene, state: str) -> bool:
    async def told() -> bool:
        return await both.apart.state_of("edge", "bus") == state

    await until_told(told, f"the edge says that its bus is {state}", NOTICED_SECONDS)
    return True


@asynccontextmanager
async def _watching(both: Scene) -> AsyncIterator[Process]:
    """A process at the hub that hears the retained state of edge-1."""
    installation, net = both.apart, both.network
    process = await asyncio.create_subprocess_exec(
        *net.inside("hub"), sys.executable, "-m", "tests.apart.watch",
        f"mqtts://{net.bus[0]}:{net.bus[1]}", "api", str(installation.folder / "hub.pem"), "edge-1",
        stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(installation.accounts()["api"].encode() + b"\n")
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def _line(process: Process) -> str:
    assert process.stdout
    async with asyncio.timeout(NOTICED_SECONDS):
        return (await process.stdout.readline()).decode().strip()

"""What the ledger says of a camera's service reaches its edge, also one that was away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.alarms.incidents.actions import PutBack, TakeOut
from hub.payloads import CommandOutcome, CommandResult
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.camera_maintenance import CameraMaintenance
from hub.runtime.hub import NoAnswer
from hub.streams.clock import now_ms
from tests.background import background
from tests.conformance.store_arrivals import From, status
from tests.conformance.store_use import write
from tests.hub.alarm_bench import HOUR, Bench, alarms_of

SITE, NURSE, PATIENCE_SECONDS = "bv-thong-nhat", "a1", 10
Asked = tuple[str, str, str, str, int, str]


class Edges:
    """The way to them; ``asked`` is what arrives there."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Asked] = asyncio.Queue()
        self.ends: list[
            CommandOutcome | None
        ] = []  # of the next ones; None: nobody answers. Then all are done

    async def command(
        self, site: str, edge: str, device: str, action: str, args: dict[str, int], by: str
    ) -> CommandResult:
        self.asked.put_nowait((site, edge, device, action, args["until"], by))
        end = self.ends.pop(0) if self.ends else "done"
        if end is None:
            raise NoAnswer("the bus is away; nothing was sent")
        return CommandResult("c", end)

    async def heard(self) -> Asked:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.asked.get()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with alarms_of(tmp_path) as made:
        for seq, camera in enumerate(("cam-1", "cam-2"), 10):
            await write(made.store, status(From(camera, SITE, seq=seq), "ONLINE", kind="rtsp"))
        yield made


def made(bench: Bench, edges: Edges) -> tuple[AlarmLedger, CameraMaintenance]:
    ledger = AlarmLedger(bench.store, bench.open_reader, lambda _: None, now_ms)
    cameras = CameraMaintenance(edges.command, ledger.services, bench.open_reader, again_seconds=0.01)
    ledger.follow(cameras.heard)
    return ledger, cameras


async def test_out_with_its_end_and_back(bench: Bench) -> None:
    edges, until_ms = Edges(), now_ms() + HOUR
    ledger, cameras = made(bench, edges)
    async with background(cameras.run()):
        await ledger.act_on_device(SITE, "cam-1", TakeOut(NURSE, "lau kính", until_ms))
        assert await edges.heard() == (SITE, "edge-1", "cam-1", "maintenance", until_ms, NURSE)
        await ledger.act_on_device(SITE, "cam-1", PutBack("b2"))
        assert await edges.heard() == (SITE, "edge-1", "cam-1", "maintenance", 0, "b2")


async def test_a_whole_site_without_what_is_no_camera(bench: Bench) -> None:
    edges = Edges()
    ledger, cameras = made(bench, edges)
    async with background(cameras.run()):
        await ledger.act_on_devices(SITE, ["fridge-01", "cam-2", "cam-1"], TakeOut(NURSE, "thay switch"))
        told = [await edges.heard() for _ in range(2)]
        assert sorted(each[2] for each in told) == ["cam-1", "cam-2"]
        assert all(each[4] > now_ms() + HOUR for each in told), "without an end: a long time"
        await ledger.act_on_device(SITE, "cam-2", PutBack(NURSE))
        assert (await edges.heard())[2:5] == ("cam-2", "maintenance", 0)


async def test_an_edge_that_is_away_is_told_again_until_it_hears(bench: Bench) -> None:
    edges = Edges()
    edges.ends = [None, "expired", None]
    ledger, cameras = made(bench, edges)
    async with background(cameras.run()):
        await ledger.act_on_device(SITE, "cam-1", TakeOut(NURSE, "lau kính"))
        first = [await edges.heard() for _ in range(4)]
        assert len(set(first)) == 1
        await ledger.act_on_device(SITE, "cam-2", TakeOut(NURSE, "lau kính"))
        assert (await edges.heard())[2] == "cam-2", "the first one was heard: it is asked no more"


async def test_a_hub_that_starts_anew_tells_what_stands(bench: Bench) -> None:
    until_ms = now_ms() + HOUR
    before, _ = made(bench, Edges())
    await before.act_on_devices(SITE, ["cam-1", "cam-2"], TakeOut(NURSE, "lau kính", until_ms))
    await before.act_on_device(SITE, "cam-2", PutBack(NURSE))
    edges = Edges()
    ledger, cameras = made(bench, edges)
    async with background(cameras.run()):
        assert await edges.heard() == (SITE, "edge-1", "cam-1", "maintenance", until_ms, "hub")
        await ledger.act_on_device(SITE, "cam-1", PutBack(NURSE))
        assert (await edges.heard())[2:5] == ("cam-1", "maintenance", 0)

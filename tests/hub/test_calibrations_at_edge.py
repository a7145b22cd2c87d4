"""Calibrations at an edge that judges by itself: by the hub's list it finds what the hub finds."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hub.alarms.incidents.calibrate import Calibrate
from hub.alarms.rule_list import Rules, rules_of
from hub.lists import PublishedList
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.rules_published import RulesPublished
from storage.incidents import IncidentFilter
from tests.conformance.store_arrivals import NOW, status
from tests.conformance.store_use import write
from tests.fire.patience import until_told
from tests.hub.alarm_bench import FRIDGE, HOUR, METRIC, MINUTE, Bench, alarms_of, fridge, warm

pytestmark = pytest.mark.usefixtures("late_at_once")
NURSE = "3fb1c2aa"
LOWER = Calibrate(NURSE, "QUATEST 3, 2026-1184", METRIC, -2000, NOW - HOUR)
BACK = Calibrate(NURSE, "QUATEST 3, 2026-1190", METRIC, 0, NOW + 40 * MINUTE)


class Halves:
    """A hub and an edge that judge the same readings; only the hub is told of calibrations."""

    def __init__(self, hub: Bench, edge: Bench) -> None:
        self.hub = hub
        self.edge = edge

    async def write(self, first: int, last: int) -> None:
        for each in (self.hub, self.edge):
            await write(each.store, *warm(first, last))

    async def list_of(self, runner: AlarmRunner) -> Rules:
        """As it goes over the bus, and comes out of it."""
        published = await RulesPublished(runner.ledger, self.hub.profiles).published()
        assert isinstance(published, PublishedList)
        return rules_of(b"".join(published.chunks).splitlines())

    async def at_edge(self, runner: AlarmRunner, minute: int) -> list[tuple[str, str]]:
        """Its ledger, once it agrees with the hub on every incident and on who calibrated how often."""
        await self.edge.settled(runner, minute)

        async def agree() -> bool:
            same = await calibrated(self.edge) == await calibrated(self.hub)
            return same and await standing(self.edge) == await standing(self.hub)

        await until_told(agree, "the edge's incidents are the hub's")
        return [
            (entry.episode.rule if entry.episode else "", entry.kind.value)
            for entry in await self.edge.ledger()
        ]


async def standing(bench: Bench) -> list[tuple[object, ...]]:
    """Every incident, and what makes it what it is."""
    found = (await bench.reader.incidents(IncidentFilter(), limit=50, cursor=None)).items
    told = ("id", "kind", "state", "severity", "time", "raised", "cleared", "worst", "withdrawn")
    return sorted(tuple(each[name] for name in told) for each in found)


async def calibrated(bench: Bench) -> int:
    return sum(entry.kind.value == "CALIBRATED" for entry in await bench.ledger())


@pytest.fixture
async def halves(tmp_path: Path) -> AsyncIterator[Halves]:
    async with AsyncExitStack() as ending:
        for name in ("hub", "edge"):
            (tmp_path / name).mkdir()
        stores = [await ending.enter_async_context(alarms_of(tmp_path / name)) for name in ("hub", "edge")]
        yield Halves(*stores)


async def test_what_is_calibrated_late_is_judged_anew_at_the_edge_as_at_the_hub(halves: Halves) -> None:
    async with halves.hub.running() as hub, halves.edge.running() as edge:
        await halves.write(0, 90)
        for bench, runner in ((halves.hub, hub), (halves.edge, edge)):
            assert await bench.settled(runner, 90) == [("HEAT_EARLY", "RAISED")]
        for action, entered in (
            (LOWER, [("", "CALIBRATED"), ("HEAT_EARLY", "WITHDRAWN_BY_DATA"), ("HEAT_EARLY", "CLOSED")]),
            (BACK, [("", "CALIBRATED")]),
        ):
            await hub.calibrate(FRIDGE.site, FRIDGE.device, action)
            rules = await halves.list_of(hub)
            edge.use(rules.profiles, rules.calibrations)
            assert (await halves.at_edge(edge, 90))[-len(entered) :] == entered
        await halves.write(100, 140)
        await halves.hub.settled(hub, 140)
        assert ("HEAT_EARLY", "REVISED") in await halves.at_edge(edge, 140)


async def test_who_calibrated_is_in_the_edges_ledger_and_the_certificate_is_not(halves: Halves) -> None:
    async with halves.hub.running() as hub, halves.edge.running() as edge:
        await hub.calibrate(FRIDGE.site, FRIDGE.device, LOWER)
        rules = await halves.list_of(hub)
        edge.use(rules.profiles, rules.calibrations)
        assert await halves.edge.settled(edge, 1) == [("", "CALIBRATED")]
        (at_hub,), (at_edge,) = await halves.hub.ledger(), await halves.edge.ledger()
    assert (at_edge.actor, at_edge.detail) == (at_hub.actor, at_hub.detail)
    assert (at_edge.note, at_hub.note) == ("", LOWER.note)


async def test_it_is_entered_once_whatever_starts_anew_and_before_the_device_is_known(tmp_path: Path) -> None:
    async with alarms_of(tmp_path) as bench, bench.running() as runner:
        await runner.calibrate(FRIDGE.site, FRIDGE.device, LOWER)
        rules = rules_of(
            b"".join((await RulesPublished(runner.ledger, bench.profiles).published()).chunks).splitlines()
        )
    empty = Bench(tmp_path / "edge")
    empty.path.parent.mkdir()
    await empty.store.open()
    await empty.reader.open()
    async with empty.running() as runner:
        runner.use(rules.profiles, rules.calibrations)
        assert await empty.settled(runner, 0) == []
        await write(empty.store, status(FRIDGE, "ONLINE", profile="fridge", kind="cold_mqtt"), fridge(5.0, 1))
        assert await empty.settled(runner, 1) == [("", "CALIBRATED")]
    async with empty.running() as runner:
        runner.use(rules.profiles, rules.calibrations)
        await write(empty.store, *warm(10, 120))
        assert await empty.settled(runner, 120) == [("", "CALIBRATED")]
    await empty.reader.close()
    await empty.store.close()

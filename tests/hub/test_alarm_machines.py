"""Edges, gateways and the hub on the engine that judges fridges: over restarts, and over days."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.alarms.profiles import load_profile
from hub.contract import DeviceState
from hub.events import format_time
from hub.payloads import DeviceStatus
from hub.runtime.alarm_runner import AlarmRunner
from hub.sink.born import born
from hub.sink.machine_readings import machine_readings
from hub.sink.own_statuses import own_beat, own_status
from storage.contract import Arrival
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_use import write
from tests.hub.alarm_bench import FRIDGE, MINUTE, Bench, alarms_of, fridge

pytestmark = pytest.mark.usefixtures("late_at_once")

DAY = 24 * 60
EDGE, ZIGBEE = "edge-1", "zigbee-kho"
KNOWN = [f"{EDGE} RAISED", f"{EDGE} EXTENDED"]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with alarms_of(tmp_path) as made:
        made.profiles = tuple(map(load_profile, ("fridge", "edge", "gateway", "hub", "sensor")))
        yield made


def edge(state: DeviceState, minute: int) -> list[Arrival]:
    return own_status(FRIDGE.site, EDGE, "edge", state, "edge_lost", NOW + minute * MINUTE, None)


def node(state: DeviceState, minute: int, reason: str = "message") -> list[Arrival]:
    """The fridge, as its edge tells of it, and what the hub makes of that."""
    at_ms = NOW + minute * MINUTE
    told = DeviceStatus(state, reason, format_time(at_ms), kind="cold_mqtt", profile="fridge", gateway=ZIGBEE)
    event = born(FRIDGE.site, told, f"status/{minute}", at_ms, FRIDGE.device)
    return [event, *machine_readings(event.event, told)]


async def told(bench: Bench, runner: AlarmRunner, minute: int) -> list[str]:
    """The last entries since it was asked before, with their devices."""
    await bench.settled(runner, minute)
    return [f"{entry.device} {entry.kind.value}" for entry in await bench.ledger()]


async def test_an_edge_that_is_away_for_days_returns_after_restarts(bench: Bench) -> None:
    """Its last word is older than what is kept in memory: a state holds until the next one."""
    async with bench.running() as runner:
        await write(bench.store, *edge("ONLINE", 0))
        await bench.settled(runner, 1)
        await write(bench.store, *edge("OFFLINE", 10))
        assert await bench.next(runner, 12) == ("OFFLINE", "RAISED", "UNACK")
        assert await bench.next(runner, 10 + 180) == ("OFFLINE", "EXTENDED", "UNACK")
    for day in (2, 5, 9):
        async with bench.running() as runner:
            found = await told(bench, runner, day * DAY)
            assert [each for each in found if each.startswith(EDGE)] == KNOWN
    async with bench.running() as runner:
        await write(bench.store, *edge("ONLINE", 10 * DAY))
        found = await told(bench, runner, 10 * DAY)
        assert [each for each in found if each.startswith(EDGE)] == [*KNOWN, f"{EDGE} RETURNED"]


async def test_a_bridge_explains_its_nodes_also_after_a_restart(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *edge("ONLINE", 0), *node("ONLINE", 0), fridge(5.0, 0))
        await bench.settled(runner, 1)
        await write(bench.store, *node("OFFLINE", 5, "bridge_offline"))
        assert await told(bench, runner, 8) == [f"{ZIGBEE} RAISED"]
    async with bench.running() as runner:
        found = await told(bench, runner, 46)
        assert found[1:] == [
            f"{FRIDGE.device} RAISED",
            f"{FRIDGE.device} SUPPRESSED",
        ]
    async with bench.running() as runner:
        await write(bench.store, *node("ONLINE", 60), fridge(5.0, 60))
        found = await told(bench, runner, 60)
        assert sorted(found[3:]) == [
            f"{FRIDGE.device} CLOSED",
            f"{FRIDGE.device} RETURNED",
            f"{ZIGBEE} RETURNED",
        ]


async def test_what_a_hub_did_not_hear_is_explained_by_its_absence(bench: Bench) -> None:
    """Two hours without power at the hub: at its start the spools are not drained yet."""
    async with bench.running() as runner:
        started = own_status("so-y-te", "hub", "hub", "ONLINE", "hub_started", NOW, None)
        await write(bench.store, *started, *edge("ONLINE", 0), *node("ONLINE", 0), fridge(5.0, 0))
        await bench.settled(runner, 1)
        await write(bench.store, own_beat("so-y-te", "hub", NOW + 5 * MINUTE))
        assert await told(bench, runner, 6) == []
    await write(
        bench.store, *own_status("so-y-te", "hub", "hub", "ONLINE", "hub_started", NOW + 125 * MINUTE, None)
    )
    async with bench.running() as runner:
        assert sorted(await told(bench, runner, 125)) == [
            f"{FRIDGE.device} RETRO_RAISED",
            f"{FRIDGE.device} SUPPRESSED",
            "hub RETRO_RAISED",
        ]
        late = [fridge(5.0, minute) for minute in range(10, 125, 10)]
        await write(bench.store, *late, fridge(5.0, 125))
        assert (await told(bench, runner, 126))[3:] == [
            f"{FRIDGE.device} WITHDRAWN_BY_DATA",
            f"{FRIDGE.device} CLOSED",
        ]

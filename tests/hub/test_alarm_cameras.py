"""Cameras on the engine that judges fridges: from how they stand at an edge to what people are called for."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.fleet import CameraFleet
from adapters.cameras.health.site_outage import switch_of
from adapters.cameras.rtsp.facts import Ended
from hub.alarms.incidents.actions import TakeOut
from hub.alarms.incidents.entries import Entry
from hub.alarms.profiles import load_profile
from hub.events import format_time
from hub.payloads import DeviceStatus, Payload
from hub.runtime.alarm_runner import AlarmRunner
from hub.sink.born import born
from hub.sink.machine_readings import machine_readings
from storage.contract import Arrival
from storage.incidents import IncidentFilter
from tests.cameras.health.happenings import looked
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_use import write
from tests.hub.alarm_bench import HOUR, MINUTE, Bench, alarms_of

pytestmark = pytest.mark.usefixtures("late_at_once")

SITE, SWITCH, SECOND = "bv-thong-nhat", "sw-tang-2", 1000


class Cameras:
    """Of one site and switch, as their edge tells of them and the hub's sink takes it."""

    def __init__(self, count: int, switch: str = SWITCH) -> None:
        self.fleet = CameraFleet()
        self.gateway = switch_of(SITE, switch)
        self.names = [f"cam-{number:03}" for number in range(count)]
        for name in self.names:
            self.fleet.put(name, SITE, StandingSettings(switch=switch))

    def came(self, names: Iterable[str], at_ms: int) -> list[Arrival]:
        made: list[Arrival] = []
        for name in names:
            self.fleet.standing(name).reached("first_packet", at_ms)
            made += self._heard(self.fleet.after(name, at_ms))
        return made

    def went(self, names: Iterable[str], at_ms: int) -> list[Arrival]:
        made: list[Arrival] = []
        for name in names:
            self.fleet.standing(name).ended(Ended("streaming", "stall", at_ms / 1000), at_ms)
            made += self._heard(self.fleet.after(name, at_ms))
        return made

    def looked(self, name: str, at_ms: int, **scores: float) -> list[Arrival]:
        looked(at_ms, **scores).to(self.fleet.standing(name))
        return self._heard(self.fleet.after(name, at_ms))

    def until(self, at_ms: int) -> list[Arrival]:
        made: list[Arrival] = []
        while self.fleet.due_ms <= at_ms:
            made += self._heard(self.fleet.tick(self.fleet.due_ms))
        return made

    def _heard(self, changes: Iterable[tuple[str, Change]]) -> list[Arrival]:
        made: list[Arrival] = []
        for name, change in changes:
            if change.told:
                since = format_time(change.at_ms)
                made += _event(
                    name,
                    DeviceStatus(*change.told, since, kind="rtsp", gateway=self.gateway),
                    f"status|{change.at_ms}|{change.told}",
                    change.at_ms,
                )
            key = f"{change.at_ms}|{change.health.state}"
            made += _event(name, change.health, key, change.at_ms)
        return made


def _event(name: str, payload: Payload, key: str, at_ms: int) -> list[Arrival]:
    event = born(SITE, payload, key, at_ms, name)
    return [event, *machine_readings(event.event, payload)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with alarms_of(tmp_path) as made:
        made.profiles = tuple(map(load_profile, ("camera", "switch", "edge", "hub")))
        yield made


async def begun(bench: Bench, runner: AlarmRunner, cameras: Cameras) -> None:
    """All are there, and the alarms know where they hang."""
    await bench.settled_at(runner, NOW)
    await write(bench.store, *cameras.came(cameras.names, NOW))
    assert await bench.settled_at(runner, NOW + SECOND) == []


def called(entries: Iterable[Entry]) -> set[str]:
    """Devices and rules of incidents that are raised and that nothing explained in the same step."""
    standing: dict[str, str] = {}
    for entry in entries:
        if entry.kind.value in ("RAISED", "SUPPRESSED", "RELEASED", "RETRO_RAISED") and entry.episode:
            standing[entry.incident] = f"{entry.device} {entry.episode.rule} {entry.kind.value}"
    return {name.rpartition(" ")[0] for name in standing.values() if not name.endswith("SUPPRESSED")}


async def test_a_hundred_cameras_of_a_dead_switch_are_one_alarm_and_its_end_closes_all(bench: Bench) -> None:
    cameras = Cameras(100)
    lost, back = NOW + MINUTE, NOW + 30 * MINUTE
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        await write(bench.store, *cameras.went(cameras.names, lost))
        assert called(await bench.settled_at(runner, lost + SECOND)) == {f"{SWITCH} OFFLINE"}
        await write(bench.store, *cameras.until(lost + 5 * MINUTE))
        entries = await bench.settled_at(runner, lost + 5 * MINUTE)
        assert called(entries) == {f"{SWITCH} OFFLINE"}
        assert Counter(entry.kind.value for entry in entries) == {"RAISED": 101, "SUPPRESSED": 100}
        await write(bench.store, *cameras.until(back), *cameras.came(cameras.names, back))
        entries = await bench.settled_at(runner, back + 2 * MINUTE)
    kinds = Counter((entry.device == SWITCH, entry.kind.value) for entry in entries)
    assert kinds[True, "RETURNED"] == 1
    assert kinds[False, "RETURNED"] == kinds[False, "CLOSED"] == 100
    assert kinds[False, "RELEASED"] == 0, "nobody is called for what came back with it"


async def test_who_does_not_come_back_with_the_switch_calls_for_himself(bench: Bench) -> None:
    cameras = Cameras(5, switch="")
    lost, back = NOW + MINUTE, NOW + 10 * MINUTE
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        await write(bench.store, *cameras.went(cameras.names, lost))
        await write(bench.store, *cameras.until(lost + 2 * MINUTE))
        assert called(await bench.settled_at(runner, lost + 2 * MINUTE)) == {"cameras-bv-thong-nhat OFFLINE"}
        await write(bench.store, *cameras.until(back), *cameras.came(cameras.names[1:], back))
        await bench.settled_at(runner, back + 2 * MINUTE)
        entries = await bench.settled_at(runner, back + 20 * MINUTE)
    assert called(entries) == {"cameras-bv-thong-nhat OFFLINE", "cam-000 OFFLINE"}


async def test_a_storm_of_fifteen_seconds_is_one_alarm_a_site(bench: Bench) -> None:
    cameras = Cameras(100)
    lost = NOW + MINUTE
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        await write(bench.store, *cameras.went(cameras.names, lost))
        for number, name in enumerate(cameras.names):
            await write(bench.store, *cameras.came([name], lost + SECOND + number * 140))
        entries = await bench.settled_at(runner, lost + 5 * MINUTE)
    raised = [entry.device for entry in entries if entry.kind.value in ("RAISED", "RETRO_RAISED")]
    assert raised.count(SWITCH) == 1
    assert called(entries) == {f"{SWITCH} OFFLINE"}
    assert len(raised) <= 2, "but the one that said so, explained by what it said"


async def test_one_camera_is_told_after_its_time_and_returns(bench: Bench) -> None:
    cameras = Cameras(5)
    lost = NOW + MINUTE
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        await write(bench.store, *cameras.went(["cam-003"], lost))
        await write(bench.store, *cameras.until(lost + 34 * SECOND))
        assert await bench.settled_at(runner, lost + 34 * SECOND) == []
        assert called(await bench.settled_at(runner, lost + 35 * SECOND)) == {"cam-003 OFFLINE"}
        await write(bench.store, *cameras.came(["cam-003"], lost + MINUTE))
        entries = await bench.settled_at(runner, lost + 3 * MINUTE)
    assert [entry.kind.value for entry in entries] == ["RAISED", "RETURNED"]


async def test_a_black_picture_is_an_incident_until_it_is_seen_again(bench: Bench) -> None:
    cameras = Cameras(3)
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        for second in range(10, 60, 10):
            await write(bench.store, *cameras.looked("cam-001", NOW + second * SECOND, black=3.0))
        found = [
            (entry.device, entry.episode.rule, entry.kind.value, entry.at_ms - NOW)
            for at in (79, 80)
            for entry in await bench.settled_at(runner, NOW + at * SECOND)
            if entry.episode
        ]
        # Seen twice at 20 s; a minute is the rule's.
        assert found == [("cam-001", "BLACK", "RAISED", 80 * SECOND)]
        for second in range(90, 120, 10):
            await write(bench.store, *cameras.looked("cam-001", NOW + second * SECOND))
        entries = await bench.settled_at(runner, NOW + 2 * MINUTE)
        assert [entry.kind.value for entry in entries] == ["RAISED", "RETURNED"]


async def test_an_edge_that_starts_anew_ends_what_does_not_stand_any_more(bench: Bench) -> None:
    """It remembers no fault; what it finds clean it says, though it never was otherwise for it."""
    before, after = Cameras(3), Cameras(3)
    async with bench.running() as runner:
        await begun(bench, runner, before)
        for second in (10, 20, 30):
            await write(bench.store, *before.looked("cam-001", NOW + second * SECOND, covered=3.0))
        assert called(await bench.settled_at(runner, NOW + HOUR)) == {"cam-001 COVERED"}
        await write(bench.store, *after.came(after.names, NOW + HOUR))
        for second in (10, 20, 30):
            await write(bench.store, *after.looked("cam-001", NOW + HOUR + second * SECOND))
        await write(bench.store, *after.until(NOW + HOUR + 6 * MINUTE))
        entries = await bench.settled_at(runner, NOW + HOUR + 10 * MINUTE)
    assert [entry.kind.value for entry in entries] == ["RAISED", "RETURNED"]


async def test_a_maintenance_is_quiet_and_what_is_still_wrong_calls_when_its_time_is_up(bench: Bench) -> None:
    cameras = Cameras(3)
    begin, end = NOW + MINUTE, NOW + HOUR
    async with bench.running() as runner:
        await begun(bench, runner, cameras)
        bench.now_ms = begin
        out = TakeOut("a1", "lau kính", end)
        await runner.ledger.act_on_devices(SITE, cameras.names, out)
        await write(
            bench.store, *cameras.went(["cam-001"], begin + MINUTE), *cameras.until(begin + 5 * MINUTE)
        )
        await bench.settled_at(runner, begin + 5 * MINUTE)
        assert await states(bench) == {"cam-001": "OUT_OF_SERVICE"}
        bench.now_ms = end
        await runner.ledger.enter(lambda book: book.tick(end))
        assert await states(bench) == {"cam-001": "UNACK"}
    kinds = [entry.kind.value for entry in await bench.ledger()]
    assert kinds == ["OUT_OF_SERVICE"] * 3 + ["RAISED"] + ["IN_SERVICE"] * 3


async def states(bench: Bench) -> dict[str, str]:
    """Of every incident, by its device."""
    page = await bench.reader.incidents(IncidentFilter(), limit=100, cursor=None)
    return {row["device"]: row["state"] for row in page.items}

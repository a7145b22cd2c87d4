"""What simulated units measure and send, under each fault; nothing here needs a hub."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.cold_chain.fault_mixture import mixture
from simulators.cold_chain.unit_faults import KINDS, Fault, FaultKind, UnitFaults
from simulators.cold_chain.unit_life import UnitLife
from simulators.cold_chain.unit_plan import POLLED, TALKERS, Talker, UnitPlan, fleet
from simulators.cold_chain.unit_sample import Claim, Message, Sample
from simulators.cold_chain.unit_series import samples
from simulators.cold_chain.world_clock import WorldClock
from tests.cold_chain.http.json_schema import Validator

SCHEMA = Path(__file__).parents[3] / "shared" / "corpus" / "cold_chain" / "cce-interop-0.8.1.schema.json"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason="no schema of cce-interop beside the project")
START_MS = 1_790_000_000_000
HOUR, DAY = 60.0, 1440.0
DAY_MS = 86_400_000


def plan(talker: Talker = "zigbee2mqtt", cabinet: str = "fridge") -> UnitPlan:
    return UnitPlan("tu-0001", "tram-001", 0, talker, cabinet, 10.0)


def measured(faults: list[Fault], days: float = 1.0, talker: Talker = "zigbee2mqtt") -> list[Sample]:
    found: list[Sample] = []
    for sample in samples(plan(talker), UnitFaults.of(faults), 1, START_MS):
        if sample.true_ms > START_MS + days * DAY_MS:
            return found
        found.append(sample)
    raise AssertionError("a unit lives without end")


def one(kind: FaultKind, hours: float = 8.0, strength: float = 1.0) -> list[Fault]:
    return [Fault(kind, 4 * HOUR, (4 + hours) * HOUR, strength)]


def celsius(found: list[Sample]) -> list[float]:
    return [each.celsius for each in found if each.celsius is not None]


def minute(sample: Sample) -> float:
    return (sample.true_ms - START_MS) / 60_000


def test_a_healthy_fridge_stays_between_two_and_eight() -> None:
    found = measured([], days=3)
    assert 2 < min(celsius(found)) < max(celsius(found)) < 8
    assert len(found) == pytest.approx(3 * 144, rel=0.15)


@pytest.mark.parametrize(("kind", "hours"), [("power_cut", 14), ("compressor", 14), ("leak", 60)])
def test_without_cooling_it_warms_for_hours_and_recovers(kind: FaultKind, hours: float) -> None:
    found = measured(one(kind, hours), days=3)
    assert max(celsius(found)) > 9
    assert celsius(found)[-1] < 8


def test_an_open_door_warms_it_in_minutes() -> None:
    assert max(celsius(measured(one("door", hours=0.5)))) > 12


def test_a_thermostat_that_is_set_too_low_freezes_what_is_inside() -> None:
    assert min(celsius(measured(one("thermostat", strength=8.0)))) < -2


def test_the_mains_of_a_cut_are_none_in_the_quarter_of_an_hour() -> None:
    found = {minute(each): each for each in measured(one("power_cut"), talker="table")}
    assert (found[240].mains_s, found[250].mains_s, found[260].mains_s) == (900, 300, 0)
    assert (found[720].mains_s, found[730].mains_s, found[740].mains_s) == (0, 600, 900)


def test_a_broken_probe_measures_nothing_and_a_silent_sensor_says_nothing() -> None:
    broken = [each for each in measured(one("probe")) if each.celsius is None]
    assert all(240 <= minute(each) < 720 for each in broken)
    assert len(broken) > 30
    assert not [each for each in measured(one("silence")) if 240 <= minute(each) < 720]


def test_a_wrong_clock_is_wrong_by_its_minutes_and_then_right_again() -> None:
    off = Counter(each.time_ms - each.true_ms for each in measured(one("clock", strength=-40.0)))
    assert off.keys() == {0, -2_400_000}


def test_a_battery_falls_and_is_changed() -> None:
    found = measured(one("battery"))
    assert min(each.battery for each in found) < 5
    assert found[-1].battery > 90


def life(talker: Talker, faults: list[Fault], seed: int = 1) -> UnitLife:
    return UnitLife(plan(talker), UnitFaults.of(faults), seed, START_MS)


def sent(unit: UnitLife, days: float = 1.0) -> Iterator[Message]:
    end_ms = START_MS + int(days * DAY_MS)
    yield from unit.until(end_ms, end_ms)
    yield from unit.rest(end_ms)


def claims(messages: Iterator[Message]) -> set[Claim]:
    return {claim for message in messages for claim in message.claims}


@pytest.mark.parametrize("talker", [talker for talker in TALKERS if talker not in POLLED])
def test_what_is_kept_while_the_line_is_down_is_sent_once_it_is_back(talker: Talker) -> None:
    unit, free = life(talker, one("outage")), life(talker, [])
    times = {claim.time_ms // 1000 for claim in claims(sent(unit)) if claim.metric == "temp.vaccine"}
    assert times == {claim.time_ms // 1000 for claim in claims(sent(free)) if claim.metric == "temp.vaccine"}
    assert unit.kept > 25
    assert free.kept == 0


@pytest.mark.parametrize("talker", TALKERS)
def test_the_same_seed_sends_the_same_bytes(talker: Talker) -> None:
    faults = [each for kind in KINDS for each in one(kind)]
    assert list(sent(life(talker, faults))) == list(sent(life(talker, faults)))
    assert list(sent(life(talker, faults))) != list(sent(life(talker, faults, seed=2)))


@needs_schema
@pytest.mark.parametrize("number", [0, 1], ids=["ems", "rtm"])
def test_transfers_are_valid_by_the_schema_of_cce_interop(number: int) -> None:
    validator = Validator(json.loads(SCHEMA.read_text("utf-8")))
    faults = UnitFaults.of([*one("probe", 2), *one("door", 3), *one("power_cut")])
    unit = UnitLife(replace(plan("cce"), number=number), faults, 1, START_MS)
    transfers = [json.loads(message.body) for message in sent(unit)]
    assert {told["meta"]["transferType"] for told in transfers} == {["ems", "rtm"][number]}
    assert [error for told in transfers for error in validator.errors(told)] == []
    records = [record for told in transfers for report in told["data"] for record in report["records"]]
    assert {None, "DOOR"} == {record["ALRM"] for record in records}
    assert None in {record["TVC"] for record in records}


def test_what_a_sensor_cannot_measure_is_no_measurement() -> None:
    frozen = UnitFaults.of(one("thermostat", strength=12.0))
    unit = UnitLife(plan("chirpstack", "freezer"), frozen, 1, START_MS)
    told = {claim.value for claim in claims(sent(unit)) if claim.metric == "temp.vaccine"}
    assert None in told
    assert -30_000 <= min(value for value in told if value is not None) < -25_000


def test_a_door_alarm_does_not_wait_for_the_hour() -> None:
    told = list(life("cce", one("door", 1)).until(START_MS + DAY_MS, START_MS + DAY_MS))
    alarms = [
        message for message in told if Claim("alarm.door", message.claims[0].time_ms, 1000) in message.claims
    ]
    assert len(alarms) >= 3
    assert len(told) > 24


def test_a_backlog_comes_out_of_order_and_partly_twice() -> None:
    days = 4.0
    outages = [Fault("outage", begin * HOUR, (begin + 6) * HOUR, 1.0) for begin in range(4, 90, 8)]
    unit = life("zigbee2mqtt", outages)
    times = [message.claims[0].time_ms for message in sent(unit, days)]
    assert times != sorted(times)
    assert len(times) == len(set(times)) + unit.twice
    assert unit.twice > 5


def test_no_reading_is_in_the_future_though_the_clock_is_ahead() -> None:
    unit = life("zigbee2mqtt", one("clock", hours=20, strength=420.0))
    now_ms = START_MS + DAY_MS
    assert max(claim.time_ms for claim in claims(unit.until(now_ms, now_ms))) <= now_ms


def test_every_unit_of_the_mixture_has_a_fault_for_certain_and_all_kinds_are_there() -> None:
    units = fleet(20, 4, TALKERS, 10.0)
    found = mixture(units, seed=1, days=2, kinds=KINDS)
    assert {fault.kind for faults in found.values() for fault in faults.all()} == set(KINDS)
    assert all(faults.all() for faults in found.values())


def test_the_mains_and_the_line_of_a_site_fail_for_all_its_units() -> None:
    one_site = fleet(3, 1, ("table",), 10.0)
    at_random = [
        {(fault.begins, fault.ends) for fault in faults.all()}
        for faults in mixture(one_site, seed=1, days=60, kinds=("power_cut",)).values()
    ]
    assert len(set.intersection(*at_random)) > 3


def test_the_world_runs_faster_until_it_is_now_and_never_overtakes_it() -> None:
    real_ms = [1_000_000_000]
    clock = WorldClock(1_000_000_000 - 3_600_000, 100.0, None, lambda: real_ms[0])
    assert clock.world_ms() == 1_000_000_000 - 3_600_000
    real_ms[0] += 10_000
    assert clock.world_ms() == 1_000_000_000 - 3_600_000 + 1_000_000
    assert not clock.live
    real_ms[0] += 60_000
    assert clock.world_ms() == clock.latest_ms() == real_ms[0] - 1_000
    assert clock.live


def test_the_world_ends_when_its_time_is_over() -> None:
    clock = WorldClock(0, 0.0, 5_000, lambda: 100_000)
    assert clock.world_ms() == 5_000
    assert clock.over

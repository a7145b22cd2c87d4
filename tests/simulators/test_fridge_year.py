"""The year of a fridge: physics, faults and disorder are really in it; one seed gives one year."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from simulators.cold_chain.deliveries import Delivery, deliveries
from simulators.cold_chain.fridge_year import EPOCH_MS, MINUTE_MS, Measurement, mains, temperatures
from simulators.cold_chain.year_plan import Occurrence, Timeline, YearPlan, year_plan

DAYS = 60


@cache
def plan(seed: int = 1) -> YearPlan:
    return year_plan(seed, DAYS)


@cache
def measured(seed: int = 1) -> list[Measurement]:
    return list(temperatures(plan(seed), seed))


@cache
def came(seed: int = 1) -> list[Delivery]:
    return deliveries(measured(seed), seed)


def true_minute(one: Measurement) -> float:
    return (one.true_ms - EPOCH_MS) / MINUTE_MS


def test_the_same_seed_gives_the_same_year() -> None:
    again = list(temperatures(year_plan(1, DAYS), 1))
    assert again == measured()
    assert deliveries(again, 1) == came()
    assert measured(2) != measured()


def test_values_come_near_the_limits_and_onto_them() -> None:
    usable = [one.value for seed in (1, 2, 3) for one in measured(seed) if one.value and one.quality != "BAD"]
    for limit in (8.0, 7.5, 2.0, -0.5):
        near = [value for value in usable if abs(value - limit) < 0.11]
        assert len(near) > 30
        assert any(round(1000 * value) == 1000 * limit for value in near)
    assert max(usable) > 12
    assert min(usable) < -0.5


def test_times_are_not_whole_minutes() -> None:
    odd = [one for one in measured() if one.time_ms % MINUTE_MS]
    assert len(odd) > 0.99 * len(measured())


def test_a_silent_sensor_says_nothing_and_a_faulty_one_nothing_to_believe() -> None:
    year = plan()
    assert year.silence.occurrences
    assert not [one for one in measured() if year.silence.at(true_minute(one))]
    faulty = [one for one in measured() if one.quality == "BAD"]
    assert faulty
    assert all(year.probe_fault.at(true_minute(one)) for one in faulty)


def test_clocks_are_wrong_while_they_are() -> None:
    clock = Timeline(iter([Occurrence(1440, 2880, -420.0), Occurrence(3000, 4000, 3.5)]))
    off: dict[float, set[int]] = {}
    for one in temperatures(replace(year_plan(1, days=5), clock=clock), 1):
        wrong = clock.at(true_minute(one))
        off.setdefault(wrong.strength if wrong else 0.0, set()).add(one.time_ms - one.true_ms)
    assert off == {0.0: {0}, -420.0: {-420 * MINUTE_MS}, 3.5: {210_000}}


def test_a_leak_warms_a_fridge_until_it_is_repaired() -> None:
    nothing = Timeline(iter(()))
    leak = Timeline(iter([Occurrence(2 * 1440, 8 * 1440, 1.0)]))
    year = YearPlan(10, nothing, nothing, nothing, leak, nothing, nothing, nothing, ())
    by_day: dict[int, list[float]] = {}
    for one in temperatures(year, seed=1):
        assert one.value is not None
        by_day.setdefault(int(true_minute(one) // 1440), []).append(one.value)
    assert max(by_day[1]) < 8 < max(by_day[7])
    assert max(by_day[9]) < 8


def test_mains_tell_how_long_they_were_there() -> None:
    power = list(mains(plan(), 1))
    seconds = Counter(one.value for one in power)
    assert seconds[900.0] > seconds[0.0] > 0
    partly = [one for one in power if one.value not in (0.0, 900.0)]
    assert 0 < len(partly) <= 2 * len(plan().power_cut.occurrences)
    assert not [one for one in power if plan().silence.at(true_minute(one) // 15 * 15)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_third_comes_late_in_bulk_and_nothing_later_than_seven_days(seed: int) -> None:
    late = [one for one in came(seed) if one.late]
    assert 0.2 < len(late) / len(came(seed)) < 0.4
    delays = [one.received_ms - one.measurement.true_ms for one in came(seed)]
    assert min(delays) > 0
    assert max(delays) < 7.1 * 24 * 60 * MINUTE_MS


def test_some_is_lost_some_doubled_and_some_contradicted() -> None:
    delivered = Counter(one.measurement for one in came())
    lost = set(measured()) - set(delivered)
    contradictions = set(delivered) - set(measured())
    doubled = [one for one, times in delivered.items() if times > 1]
    assert 0.003 < len(lost) / len(measured()) < 0.03
    assert 0.003 < len(contradictions) / len(measured()) < 0.03
    assert 0.01 < len(doubled) / len(measured()) < 0.04
    assert {one.true_ms for one in contradictions} <= {one.true_ms for one in measured()}


def test_backlogs_come_in_order_backwards_and_shuffled() -> None:
    ways = set()
    late = [one for one in came() if one.late]
    for before, one, after in zip(late, late[1:], late[2:], strict=False):
        if after.received_ms - before.received_ms == 40:
            times = [before.measurement.true_ms, one.measurement.true_ms, after.measurement.true_ms]
            ways.add(
                "in order" if times == sorted(times) else "backwards" if times == sorted(times)[::-1] else "?"
            )
    assert ways == {"in order", "backwards", "?"}


def test_a_timeline_knows_what_goes_on_and_how_much_of_a_span_it_takes() -> None:
    line = Timeline(iter([Occurrence(10, 20), Occurrence(30, 31)]))
    assert [line.at(minute) is not None for minute in (9.9, 10, 19.9, 20, 30.5, 31)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert [line.overlap(0, 10), line.overlap(5, 15), line.overlap(15, 40), line.overlap(31, 50)] == [
        0,
        5,
        6,
        0,
    ]

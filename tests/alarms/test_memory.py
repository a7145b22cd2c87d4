"""What the evaluator keeps in memory, what it asks for when that is not enough, and when it wakes."""

import tracemalloc

import pytest

from hub.alarms.episodes import Episode
from hub.alarms.evaluator import Evaluator
from hub.alarms.profiles import load_profile
from hub.alarms.readings import Reading, Series
from hub.alarms.rules import Condition, InForce, Rule
from hub.alarms.watched_series import MOST_AHEAD

MINUTE_MS = 60_000
PACE_MS = 5 * MINUTE_MS
DAY_MS = 24 * 60 * MINUTE_MS
METRIC = "temp.vaccine"
RULES = [InForce(rule) for rule in load_profile("fridge").rules if rule.metric == METRIC]
FRIDGE = Series("fridge-01", METRIC)


def usual(evaluator: Evaluator, names: list[Series], begin_ms: int, end_ms: int) -> None:
    for time_ms in range(begin_ms, end_ms, PACE_MS):
        evaluator.add((name, time_ms, 5.0, "GOOD") for name in names)
        assert evaluator.assess(time_ms) == []


def code_of(evaluator: Evaluator, now_ms: int) -> dict[str, list[Episode]]:
    return {change.rule: list(change.episodes) for change in evaluator.assess(now_ms)}


def test_an_idle_sensor_takes_two_kibibytes_beside_its_window() -> None:
    count, readings = 300, 12
    names = [Series(f"fridge-{number}", METRIC) for number in range(count)]
    evaluator = Evaluator()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for name in names:
            evaluator.watch(name, RULES, watched_from_ms=0)
        usual(evaluator, names, 0, readings * PACE_MS)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # An array grows by an eighth more than it needs.
    assert (after - before) / count <= 2048 + 2 * 9 * readings


def test_readings_older_than_the_window_are_forgotten() -> None:
    tracemalloc.start()
    try:
        evaluator = Evaluator(window_ms=DAY_MS)
        evaluator.watch(FRIDGE, RULES, watched_from_ms=0)
        usual(evaluator, [FRIDGE], 0, 2 * DAY_MS)
        before, _ = tracemalloc.get_traced_memory()
        usual(evaluator, [FRIDGE], 2 * DAY_MS, 12 * DAY_MS)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 8192  # 2,880 readings are 46 KB; a thread of the test runner has some too


def test_a_late_reading_in_the_window_needs_nothing() -> None:
    evaluator = Evaluator(window_ms=DAY_MS)
    evaluator.watch(FRIDGE, RULES, watched_from_ms=0)
    usual(evaluator, [FRIDGE], 0, 3 * DAY_MS)
    end_ms = 3 * DAY_MS - PACE_MS
    late_ms = end_ms - DAY_MS // 2 + MINUTE_MS
    evaluator.add((FRIDGE, late_ms + minutes * MINUTE_MS, 9.0, "GOOD") for minutes in (0, 5, 10))
    assert evaluator.assess(end_ms) == []
    assert evaluator.wanted() == {}


def test_what_is_older_is_asked_for_and_then_right() -> None:
    evaluator = Evaluator(window_ms=DAY_MS)
    evaluator.watch(FRIDGE, RULES, watched_from_ms=0)
    usual(evaluator, [FRIDGE], 0, 5 * DAY_MS)
    now_ms = 5 * DAY_MS - PACE_MS
    begin_ms = DAY_MS + MINUTE_MS
    stored = [Reading(time_ms, 5000) for time_ms in range(0, 5 * DAY_MS, PACE_MS)]
    warm = [Reading(time_ms, 9000) for time_ms in range(begin_ms, begin_ms + 70 * MINUTE_MS, MINUTE_MS)]
    evaluator.add((FRIDGE, reading.time_ms, 9.0, "GOOD") for reading in warm)
    assert evaluator.assess(now_ms) == []
    assert evaluator.wanted() == {FRIDGE: begin_ms - DAY_MS}
    asked = [reading for reading in (*stored, *warm) if reading.time_ms >= begin_ms - DAY_MS]
    evaluator.give(FRIDGE, asked, complete=False)
    assert evaluator.wanted() == {}
    changes = {change.rule: change for change in evaluator.assess(now_ms)}
    assert evaluator.wanted() == {}
    # Every fifth minute two values are claimed: the worse counts. At 01:15 it is cold, and for 15 min.
    (early,) = changes["HEAT_EARLY"].episodes
    assert (early.start_ms, early.cleared_at_ms) == (begin_ms, DAY_MS + 90 * MINUTE_MS)
    assert all(change.since_ms < begin_ms for change in changes.values())


def test_too_little_history_is_asked_for_again_further_back() -> None:
    evaluator = Evaluator(window_ms=DAY_MS)
    rule = Rule("HEAT", METRIC, Condition(">", 8000), 60 * MINUTE_MS, "critical", 3 * PACE_MS)
    evaluator.watch(FRIDGE, [InForce(rule)], history_from_ms=30 * DAY_MS)
    assert evaluator.assess(30 * DAY_MS) == []
    wanted = []
    while evaluator.wanted():
        (since_ms,) = evaluator.wanted().values()
        wanted.append(since_ms)
        warm = [Reading(time_ms, 9000) for time_ms in range(max(0, since_ms), 30 * DAY_MS, PACE_MS)]
        evaluator.give(FRIDGE, warm, complete=since_ms <= 0)
        changes = evaluator.assess(30 * DAY_MS)
    assert wanted == [30 * DAY_MS - (DAY_MS << tries) for tries in range(6)]
    (change,) = changes
    assert [(each.start_ms, each.cleared_at_ms) for each in change.episodes] == [(0, None)]


def test_readings_of_a_clock_far_ahead_are_not_all_kept() -> None:
    evaluator = Evaluator(window_ms=DAY_MS)
    evaluator.watch(FRIDGE, RULES, watched_from_ms=0)
    usual(evaluator, [FRIDGE], 0, PACE_MS)
    ahead_ms = range(DAY_MS, 8 * DAY_MS, PACE_MS)
    evaluator.add((FRIDGE, time_ms, 9.0, "GOOD") for time_ms in reversed(ahead_ms))
    evaluator.assess(0)
    evaluator.assess(DAY_MS)
    assert evaluator.wanted() == {}
    dropped_ms = DAY_MS + MOST_AHEAD * PACE_MS
    evaluator.assess(dropped_ms)
    assert evaluator.wanted() == {FRIDGE: dropped_ms - DAY_MS}
    stored = [Reading(0, 5000), *(Reading(time_ms, 9000) for time_ms in ahead_ms)]
    evaluator.give(FRIDGE, stored, complete=True)
    found = code_of(evaluator, 9 * DAY_MS)
    assert evaluator.wanted() == {}
    assert [(each.start_ms, each.cleared_at_ms) for each in found["HEAT"]] == [(DAY_MS, None)]
    assert found["NODATA"][-1].start_ms == ahead_ms[-1]


def test_a_usual_reading_wakes_nobody_until_it_is_silent() -> None:
    evaluator = Evaluator()
    evaluator.watch(FRIDGE, RULES, watched_from_ms=0)
    evaluator.assess(0)
    evaluator.add([(FRIDGE, 0, 5.0, "GOOD")])
    evaluator.assess(0)
    evaluator.add([(FRIDGE, PACE_MS, 5.0, "GOOD")])
    silent_ms = PACE_MS + 45 * MINUTE_MS
    first_ms = evaluator.due_ms()
    assert first_ms is not None
    assert PACE_MS < first_ms <= silent_ms
    assert evaluator.assess(first_ms) == []
    assert evaluator.due_ms() == silent_ms
    (change,) = evaluator.assess(silent_ms)
    assert (change.rule, [each.start_ms for each in change.episodes]) == ("NODATA", [PACE_MS])


def test_series_that_nobody_watches_are_left_out() -> None:
    evaluator = Evaluator()
    evaluator.add([(FRIDGE, 0, 90.0, "GOOD")])
    assert evaluator.assess(0) == []
    evaluator.watch(FRIDGE, RULES)
    evaluator.add([(FRIDGE, 0, 90.0, "GOOD")])
    evaluator.forget(FRIDGE)
    assert (evaluator.assess(DAY_MS), evaluator.wanted(), evaluator.due_ms()) == ([], {}, None)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300, -1e13])
def test_what_is_no_measurement_is_bad(value: float) -> None:
    evaluator = Evaluator()
    evaluator.watch(FRIDGE, RULES)
    evaluator.add((FRIDGE, time_ms, value, "GOOD") for time_ms in range(0, 15 * MINUTE_MS, PACE_MS))
    assert [change.rule for change in evaluator.assess(10 * MINUTE_MS)] == ["PROBE"]

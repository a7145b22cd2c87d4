"""Corners of the evaluator that a random stream seldom meets; each is compared with the definition."""

import pytest

from hub.alarms.readings import Reading
from hub.alarms.rules import Clear, Condition, InForce, Rule, When
from tests.alarms.small import METRIC
from tests.alarms.test_evaluator import Hub

WARM = Condition(">", 2)


def rule(code: str, when: When, for_ms: int, hold_ms: int = 6, **settings: object) -> Rule:
    return Rule(code, METRIC, when, for_ms, "warning", hold_ms, "own@1", **settings)  # type: ignore[arg-type]


def hub_of(*versions: InForce | Rule, window_ms: int = 1000) -> Hub:
    in_force = [each if isinstance(each, InForce) else InForce(each) for each in versions]
    hub = Hub(window_ms, in_force)
    hub.watch()
    return hub


def told(hub: Hub, *readings: tuple[int, int | None], at_ms: int) -> list[tuple[str, int, int | None]]:
    """Assess after these readings; what is told then, which the definition says too."""
    hub.add(Reading(time_ms, value) for time_ms, value in readings)
    hub.assess(at_ms)
    hub.agrees()
    return [(each.rule, each.start_ms, each.cleared_at_ms) for each in hub.told()]


def test_a_late_reading_of_the_time_of_a_rule_that_has_ended() -> None:
    """What is usual now was not usual then."""
    hub = hub_of(InForce(rule("HEAT", WARM, 0), None, 30), rule("LOW", Condition("<", -2), 0))
    assert told(hub, *((time_ms, 1) for time_ms in range(0, 50, 2)), at_ms=50) == []
    assert told(hub, (50, 9), (52, 9), at_ms=52) == []
    assert told(hub, (21, 9), at_ms=54) == [("HEAT", 21, 22)]


def test_a_late_reading_that_ends_a_silence_which_was_told() -> None:
    hub = hub_of(rule("NODATA", "silent", 8))
    told(hub, (0, 1), at_ms=0)
    assert told(hub, (1, 1), at_ms=1) == []
    assert told(hub, at_ms=9) == [("NODATA", 1, None)]
    assert told(hub, (5, 1), at_ms=9) == []
    assert told(hub, at_ms=13) == [("NODATA", 5, None)]


def test_a_late_usual_reading_while_an_old_episode_waited_to_clear() -> None:
    """Between the limits it violates nothing, but it speaks, and cuts short what spoke before it."""
    hub = hub_of(rule("HEAT", WARM, 4, clear=Clear(Condition("<=", 0), 5)))
    readings = [(0, 3), (2, 3), (4, 3), (6, 1), (8, 0), (16, 1), (20, 0), (25, 0), (30, 0), (32, 0), (34, 0)]
    assert told(hub, *readings, at_ms=34) == [("HEAT", 0, 13)]
    assert told(hub, (10, 1), at_ms=34) == [("HEAT", 0, 25)]


def test_an_episode_that_began_where_a_better_reading_comes_late() -> None:
    hub = hub_of(rule("HEAT", WARM, 0))
    hub.add([Reading(0, 1), Reading(5, 9, "UNCERTAIN"), Reading(10, 1), Reading(12, 1)])
    assert told(hub, at_ms=12) == [("HEAT", 5, 10)]
    assert told(hub, (5, 1), at_ms=12) == []


@pytest.mark.parametrize(("to_ms", "inferred"), [(7, True), (6, False), (5, False)])
def test_a_bridge_behind_the_end_of_a_version_is_not_told(to_ms: int, inferred: bool) -> None:
    hub = hub_of(InForce(rule("HEAT", WARM, 3, bridge_ms=5), None, to_ms))
    assert told(hub, (0, 9), (9, 9), at_ms=20) == [("HEAT", 0, to_ms)]
    assert [each.inferred for each in hub.told()] == [inferred]


def test_an_episode_that_began_before_the_window() -> None:
    hub = hub_of(rule("HEAT", WARM, 4), rule("NODATA", "silent", 40), window_ms=10)
    for time_ms in range(0, 90, 3):
        told(hub, (time_ms, 9), at_ms=time_ms)
    assert told(hub, (85, 1), at_ms=91) == [("HEAT", 0, 85), ("HEAT", 87, None)]


def test_a_reading_of_the_future_waits_for_its_time() -> None:
    hub = hub_of(rule("HEAT", WARM, 0), rule("NODATA", "silent", 8))
    assert told(hub, (0, 1), (20, 9), at_ms=1) == []
    assert hub.evaluator.due_ms() == 8
    assert told(hub, at_ms=19) == [("NODATA", 0, None)]
    assert told(hub, at_ms=20) == [("HEAT", 20, None), ("NODATA", 0, 20)]


def test_an_episode_that_never_was_is_gone_to_its_end() -> None:
    hub = hub_of(rule("HEAT", WARM, 4, clear=Clear(Condition("<=", 0), 5)))
    hub.add(Reading(time_ms, 9, "UNCERTAIN") for time_ms in (0, 3))
    assert told(hub, (4, 1), (6, 1), (8, 9), (10, 1), at_ms=10) == [("HEAT", 0, None)]
    assert told(hub, (0, 1), (3, 1), at_ms=10) == []


def test_a_rule_that_is_taken_away_takes_back_what_is_forgotten() -> None:
    hub = hub_of(rule("HEAT", WARM, 0), rule("LOW", Condition("<", -2), 0), window_ms=10)
    told(hub, (0, 1), (5, 9), *((time_ms, 1) for time_ms in range(6, 60, 2)), at_ms=60)
    assert told(hub, at_ms=60) == [("HEAT", 5, 6)]
    del hub.versions[0]
    hub.watch()
    assert told(hub, at_ms=60) == []

"""The product and the reference find the same episodes in tiny worlds, all at once and bit by bit."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hub.alarms.episode_definition import episodes_of
from hub.alarms.readings import thousandths as thousandths_of_product
from tests.alarm_reference import engine
from tests.alarm_reference.readings import Reading, thousandths
from tests.alarm_reference.reference import Episode, episodes
from tests.alarm_reference.replay import Replay
from tests.alarm_reference.worlds import Course, World, courses, worlds
from tests.alarm_reference.years import Arrival, Judged


@given(st.floats() | st.integers(-(10**6), 10**6).map(lambda halves: halves / 2000))
def test_the_product_takes_values_to_the_same_thousandth(value: float) -> None:
    assert thousandths_of_product(value) == thousandths(value)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(worlds())
def test_the_definition_agrees(world: World) -> None:
    rule, readings, calibrations, asked_at, watched_from = world
    found = episodes_of(
        engine.in_force(Judged("R", "tiny@1", "m", rule)),
        "device",
        engine.readings(readings),
        engine.calibrations(calibrations),
        asked_at,
        watched_from,
    )
    expected = episodes(rule, readings, asked_at, calibrations, watched_from)
    event(f"{rule.when if isinstance(rule.when, str) else 'value'}: {min(len(expected), 3)} episodes")
    assert [engine.told(episode) for episode in found] == expected


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(courses())
def test_the_evaluator_agrees_whenever_it_is_asked_and_asks_again_in_time(course: Course) -> None:
    rule, readings, calibrations, _, watched_from = course.world
    judged = [Judged("R", "tiny@1", "m", rule), Judged("S", "tiny@1", "m", course.other)]
    replay = Replay(judged, watched_from, course.window)
    known: list[Reading] = []
    now = 0
    for number, (count, passed, restart) in enumerate(course.arrivals):
        new, now = readings[len(known) : len(known) + count], now + passed
        known += new
        offsets = calibrations[: course.edits[number * len(course.edits) // len(course.arrivals)]]
        replay.add(_arrival(reading) for reading in new)
        replay.calibrate("m", offsets)
        replay.assess(now)
        due = replay.evaluator.due_ms()

        def asked(one: Judged, at: int) -> list[Episode]:
            return episodes(one.rule, known, at, offsets, watched_from)  # noqa: B023  (called at once)

        for one in judged:
            assert replay.episodes(one) == asked(one, now)
            quiet_until = now + 1000 if due is None else max(due - 1, now)
            assert asked(one, quiet_until) == asked(one, now), "it should have been asked again before"
        if restart:
            replay.restart(now)


def _arrival(reading: Reading) -> Arrival:
    value = None if reading.value is None else reading.value / 1000
    return Arrival(0, "m", reading.time, value, reading.quality)

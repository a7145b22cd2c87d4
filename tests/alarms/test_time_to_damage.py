"""Time to damage: the run's rest agrees with the rule text, a trend is told only where it is one."""

from math import sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.episode_definition import episodes_of
from hub.alarms.profiles import load_profile
from hub.alarms.readings import Calibration, Reading
from hub.alarms.rules import Clear, Condition, InForce, Rule
from hub.alarms.time_to_damage import (
    Damage,
    Trend,
    critical_after_ms,
    crossing_ms,
    next_damage,
    run_since,
    trend_of,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
FRIDGE = {rule.code: rule for rule in load_profile("fridge").rules if rule.metric == "temp.vaccine"}
HEAT, FRZE = FRIDGE["HEAT"], FRIDGE["FRZE"]
NONE = Offsets()
NOW = 1000 * HOUR
# Readings of minutes ago: around a limit, bad ones among them, with gaps longer than a reading speaks.
SERIES = st.lists(
    st.tuples(st.integers(0, 900), st.integers(7800, 8200), st.sampled_from(["GOOD", "BAD", "UNCERTAIN"])),
    max_size=60,
)


def warm(rule: Rule, since_minutes: int, every: int = 5) -> list[Reading]:
    return [Reading(NOW - minutes * MINUTE, 9000) for minutes in range(since_minutes, -1, -every)]


def test_a_run_lacks_the_rest_of_its_rule() -> None:
    since = run_since(HEAT, warm(HEAT, 90), NOW, NONE)
    assert since == NOW - 90 * MINUTE
    damage = next_damage([HEAT, FRZE], {"HEAT": since}, None)
    assert damage == Damage(NOW - 90 * MINUTE + 10 * HOUR, "run", "HEAT")
    assert not damage.is_estimate


@pytest.mark.parametrize(
    ("readings", "since"),
    [
        ([], None),
        ([Reading(NOW - 29 * MINUTE, 9000)], NOW - 29 * MINUTE),
        ([Reading(NOW - 30 * MINUTE, 9000)], None),  # it speaks for 30 minutes, not longer
        ([Reading(NOW - 40 * MINUTE, 9000), Reading(NOW, 9000)], NOW),  # ten minutes that nobody saw
        ([Reading(NOW - MINUTE, 9000), Reading(NOW, 8000)], None),  # 8.0 °C is not above 8.0 °C
        ([Reading(NOW - MINUTE, 9000), Reading(NOW, None, "BAD")], NOW - MINUTE),  # a bad one says nothing
        ([Reading(NOW - MINUTE, 9000), Reading(NOW, 8000), Reading(NOW, 9000)], NOW - MINUTE),  # the worst
        ([Reading(NOW + MINUTE, 9000)], None),  # not yet
    ],
)
def test_what_is_a_run(readings: list[Reading], since: int | None) -> None:
    assert run_since(HEAT, reversed(readings), NOW, NONE) == since


def test_a_calibration_moves_the_limit() -> None:
    readings = [Reading(NOW - MINUTE, 8100), Reading(NOW, 8100)]
    corrected = Offsets([Calibration(-200, 0, None, 0)])
    assert run_since(HEAT, readings, NOW, NONE) == NOW - MINUTE
    assert run_since(HEAT, readings, NOW, corrected) is None


@given(SERIES, st.sampled_from([0, 20 * MINUTE]))
def test_if_it_goes_on_the_rule_is_raised_then_and_not_before(
    made: list[tuple[int, int, str]], bridge_ms: int
) -> None:
    rule = Rule(
        "HEAT", "temp.vaccine", Condition(">", 8000), HOUR, "critical", 30 * MINUTE, "t@1",
        Clear(Condition("<=", 7900), 0), bridge_ms=bridge_ms,
    )  # fmt: skip
    known = [Reading(NOW - ago * MINUTE, value, quality) for ago, value, quality in made]  # type: ignore[arg-type]
    since = run_since(rule, known, NOW, NONE)
    end = NOW + rule.for_ms
    # A minute from now the last reading, of at most 29 minutes ago, still speaks.
    on = [Reading(time, 9000) for time in range(NOW + MINUTE, end + 1, 10 * MINUTE)]
    goes_on = known + on if since is not None else known
    open_now = [
        each for each in episodes_of(InForce(rule), "tu-01", goes_on, [], end) if each.cleared_at_ms is None
    ]
    if since is None:
        assert all(each.raised_at_ms <= NOW + 30 * MINUTE for each in open_now)
    else:
        assert open_now
        # Inside an episode that goes on already the run adds nothing: it began before.
        assert open_now[-1].raised_at_ms <= since + rule.for_ms
        fresh = [each for each in open_now if each.start_ms >= since]
        assert all(each.raised_at_ms == since + rule.for_ms for each in fresh)


def line(slope: float, *, sway: float = 0.0, minutes: int = 120) -> list[tuple[int, float]]:
    """°C at five-minute steps up to now; 5 °C at the end."""
    return [(NOW - m * MINUTE, 5.0 - slope * m / 60 + sway * sin(m / 4)) for m in range(minutes, -1, -5)]


def test_a_trend_leads_to_the_limit_and_on_through_the_rules_time() -> None:
    trend = trend_of(line(1.5))
    assert trend is not None
    assert trend.slope == pytest.approx(1.5)
    damage = next_damage(FRIDGE.values(), {}, trend)
    assert damage is not None
    assert (damage.code, damage.basis, damage.is_estimate) == ("HEAT", "trend", True)
    assert damage.at_ms == pytest.approx(NOW + 2 * HOUR + 10 * HOUR, abs=1000)
    cooling = next_damage(FRIDGE.values(), {}, trend_of(line(-1.1)))
    assert cooling is not None
    assert cooling.code == "FRZE"
    assert cooling.at_ms == pytest.approx(NOW + 5 * HOUR + HOUR, abs=1000)


def test_the_coming_and_going_of_a_compressor_is_no_trend() -> None:
    swaying = trend_of(line(0.0, sway=1.0))
    assert swaying is not None
    assert swaying.slope == 0.0
    assert next_damage(FRIDGE.values(), {}, swaying) is None
    assert trend_of(line(3.0, minutes=10)) is None  # too short
    assert trend_of(line(3.0)[:3]) is None
    slow = trend_of(line(0.1))
    assert slow is not None
    assert slow.slope == 0.0


def test_a_limit_behind_or_far_away_is_not_ahead() -> None:
    assert crossing_ms(HEAT, Trend(NOW, 5.0, -1.0)) is None
    assert crossing_ms(FRZE, Trend(NOW, 5.0, 1.0)) is None
    assert crossing_ms(HEAT, Trend(NOW, 5.0, 0.1)) is None  # thirty hours
    assert crossing_ms(HEAT, Trend(NOW, 8.2, 0.5)) == NOW


def test_the_earliest_counts_and_what_is_raised_comes_first() -> None:
    trend = Trend(NOW, 5.0, 1.0)
    raised = {"HEAT": NOW - HOUR}
    assert next_damage([HEAT], {}, trend, raised=raised) == Damage(NOW - HOUR, "raised", "HEAT")
    cold_left = next_damage([HEAT], {"HEAT": NOW}, None, warm_at_ms=NOW + 2 * HOUR)
    assert cold_left == Damage(NOW + 2 * HOUR, "holdover")
    assert cold_left.is_estimate
    assert next_damage([], {}, trend) is None


def test_only_critical_rules_on_a_temperature_are_damage() -> None:
    critical = {rule.code for rule in load_profile("fridge").rules if critical_after_ms(rule) is not None}
    assert critical == {"HEAT", "FRZE"}
    box = {rule.code for rule in load_profile("transport-box").rules if critical_after_ms(rule) is not None}
    assert box == {"HEAT_45", "HEAT", "FRZE"}

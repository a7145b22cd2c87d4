"""The simulators' brute force: its boundaries by the rule text, and the same as the tests' own reference."""

from collections import defaultdict
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.profiles import load_profile
from hub.alarms.rules import Condition
from simulators.cold_chain.excursion_rules import OPPOSITE, ExcursionRule, standard_rules
from simulators.cold_chain.excursions import Excursion, excursions
from tests.alarm_reference import reference
from tests.alarm_reference.readings import Reading, Rule

MINUTE, HOUR = 60_000, 3_600_000
RULES = {(rule.metric, rule.code): rule for rule in standard_rules("fridge")}
EARLY = RULES["temp.vaccine", "HEAT_EARLY"]
PROFILES = ("fridge", "freezer", "ultra-low")


def every_ten_minutes(*values: int | None) -> dict[int, list[int | None]]:
    return {number * 10 * MINUTE: [value] for number, value in enumerate(values)}


def test_an_hour_above_the_limit_is_one_and_ends_after_a_quarter_below_the_lower_one() -> None:
    warm = every_ten_minutes(5000, *[8100] * 6, 7900, 7500, 7500, 7400)
    assert excursions(EARLY, warm, 5 * HOUR) == [Excursion(10 * MINUTE, 70 * MINUTE, 95 * MINUTE)]


@pytest.mark.parametrize("limit", [8000, 7999])
def test_what_is_at_the_limit_is_inside_it(limit: int) -> None:
    assert excursions(EARLY, every_ten_minutes(*[limit] * 20), 5 * HOUR) == []


def test_a_reading_speaks_for_half_an_hour_and_what_nobody_saw_breaks_a_run() -> None:
    seen = {0: [9000], 29 * MINUTE: [9000], 59 * MINUTE: [5000]}
    assert excursions(EARLY, seen, 5 * HOUR) == []
    seen = {0: [9000], 30 * MINUTE: [9000], 60 * MINUTE: [5000]}
    assert excursions(EARLY, seen, 5 * HOUR) == [Excursion(0, HOUR, 75 * MINUTE)]
    seen = {0: [9000], 31 * MINUTE: [9000], 60 * MINUTE: [5000]}
    assert excursions(EARLY, seen, 5 * HOUR) == []


def test_it_is_as_far_as_it_was_known_when_asked() -> None:
    warm = every_ten_minutes(*[8100] * 7, *[7000] * 9)
    assert excursions(EARLY, warm, HOUR - 1) == []
    assert excursions(EARLY, warm, HOUR) == [Excursion(0, HOUR, None)]
    assert excursions(EARLY, warm, 85 * MINUTE - 1) == [Excursion(0, HOUR, None)]
    assert excursions(EARLY, warm, 85 * MINUTE) == [Excursion(0, HOUR, 85 * MINUTE)]


def test_of_several_claims_of_one_time_the_worst_counts_and_a_broken_probe_the_least() -> None:
    warm: dict[int, list[int | None]] = {number * 10 * MINUTE: [5000, 9000, None] for number in range(7)}
    assert excursions(EARLY, warm, 70 * MINUTE) == [Excursion(0, HOUR, None)]
    assert excursions(RULES["temp.vaccine", "LOW"], warm, 70 * MINUTE) == []
    assert excursions(RULES["temp.vaccine", "PROBE"], warm, 70 * MINUTE) == []


def test_silence_begins_with_the_last_reading_and_one_at_the_limit_is_in_time() -> None:
    silence = RULES["temp.vaccine", "NODATA"]
    assert excursions(silence, {0: [5000], 45 * MINUTE: [5000]}, 60 * MINUTE) == []
    assert excursions(silence, {0: [None], 46 * MINUTE: [5000]}, 60 * MINUTE) == [
        Excursion(0, 45 * MINUTE, 46 * MINUTE)
    ]
    assert excursions(silence, {0: [5000]}, 45 * MINUTE - 1) == []


NEAR = st.sampled_from([None, 2000, 2500, 7500, 8000, 8001, 9000, 1999, -500, 0, 1, 5000])
SERIES = st.lists(st.tuples(st.integers(0, 400), NEAR), max_size=60)


@settings(max_examples=300, deadline=None)
@given(SERIES, st.integers(0, 500), st.integers(1, 40_000))
def test_it_agrees_with_the_reference_on_anything(
    told: list[tuple[int, int | None]], asked: int, unit_ms: int
) -> None:
    readings = [
        Reading(time * unit_ms, value, "GOOD" if value is not None else "BAD") for time, value in told
    ]
    claims: defaultdict[int, list[int | None]] = defaultdict(list)
    for reading in readings:
        claims[reading.time].append(reading.value)
    for rule in RULES.values():
        found = [
            Excursion(each.start, each.raised_at, each.cleared_at)
            for each in reference.episodes(as_reference(rule), readings, asked * unit_ms)
        ]
        assert excursions(rule, claims, asked * unit_ms) == found, rule.code


def as_reference(rule: ExcursionRule) -> Rule:
    if rule.silent_ms:
        return Rule("silent", rule.silent_ms, rule.hold_ms)
    when = "bad" if rule.when is None else (rule.when.sign, rule.when.threshold)
    clear = None if rule.clear is None or rule.clear.sign == "!=" else (rule.clear.sign, rule.clear.threshold)
    return Rule(when, rule.for_ms, rule.hold_ms, "warning", clear, rule.clear_for_ms)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_standard_rules_are_those_that_a_hub_has(profile: str) -> None:
    """Written twice on purpose; of the metrics that simulated units tell."""
    ours = standard_rules(profile)
    told = {rule.metric for rule in chain.from_iterable(map(standard_rules, PROFILES))}
    kept = {
        (
            rule.metric,
            rule.code,
            str(rule.when) if not isinstance(rule.when, Condition) else condition(rule.when),
            rule.for_ms,
            rule.hold_ms,
            condition(rule.clear.when) if rule.clear.when is not None else "",
            rule.clear.for_ms,
        )
        for rule in load_profile(profile).rules
        if rule.metric in told
    }
    assert {as_kept(rule) for rule in ours} == kept


def condition(one: Condition) -> str:
    return f"{one.operator} {one.threshold}"


def as_kept(rule: ExcursionRule) -> tuple[str, str, str, int, int, str, int]:
    reference_rule = as_reference(rule)
    when, clear = reference_rule.when, reference_rule.clear
    if isinstance(when, tuple) and clear == (OPPOSITE[when[0]], when[1]):
        clear = None  # what a profile leaves out
    return (
        rule.metric,
        rule.code,
        when if isinstance(when, str) else f"{when[0]} {when[1]}",
        reference_rule.lasts,
        rule.hold_ms,
        "" if clear is None else f"{clear[0]} {clear[1]}",
        rule.clear_for_ms,
    )

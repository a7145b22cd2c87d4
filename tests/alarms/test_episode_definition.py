"""The sentences of docs/alarm_rules.md, one example each. Times in ms; a hold of 10 and a ``for`` of 20."""

from dataclasses import replace

import pytest

from hub.alarms.episode_definition import episodes_of
from hub.alarms.episodes import Episode
from hub.alarms.readings import Calibration, Reading, thousandths
from hub.alarms.rules import Clear, Condition, InForce, Rule, Step, When

METRIC = "temp.vaccine"
WARM = Condition(">", 8000)


def rule(when: When = WARM, for_ms: int = 20, **settings: object) -> Rule:
    return Rule("RULE", METRIC, when, for_ms, "warning", 10, "own@1", **settings)  # type: ignore[arg-type]


def every(step_ms: int, begin_ms: int, end_ms: int, value: int | None = 9000) -> list[Reading]:
    return [Reading(time_ms, value) for time_ms in range(begin_ms, end_ms + 1, step_ms)]


def asked(
    version: Rule | InForce, readings: list[Reading], now_ms: int = 1000, *calibrations: Calibration
) -> tuple[Episode, ...]:
    in_force = version if isinstance(version, InForce) else InForce(version)
    return episodes_of(in_force, "fridge-01", readings, calibrations, now_ms)


def times(episodes: tuple[Episode, ...]) -> list[tuple[int, int, int | None]]:
    return [(each.start_ms, each.raised_at_ms, each.cleared_at_ms) for each in episodes]


def test_a_run_raises_when_it_is_long_enough_and_not_before() -> None:
    assert times(asked(rule(), [*every(10, 0, 10), Reading(20, 5000)])) == [(0, 20, 20)]
    assert asked(rule(), [*every(10, 0, 10), Reading(19, 5000)]) == ()
    assert asked(rule(), every(10, 0, 30), now_ms=19) == ()
    assert times(asked(rule(), every(10, 0, 30), now_ms=20)) == [(0, 20, None)]


def test_the_limit_itself_is_as_the_operator_says() -> None:
    at_limit = every(10, 0, 40, 8000)
    assert asked(rule(WARM), at_limit) == ()
    assert times(asked(rule(Condition(">=", 8000)), at_limit)) == [(0, 20, None)]
    assert times(asked(rule(Condition("<=", 8000)), at_limit)) == [(0, 20, None)]
    assert asked(rule(Condition("<", 8000)), at_limit) == ()
    assert times(asked(rule(Condition("==", 8000)), at_limit)) == [(0, 20, None)]


def test_what_the_last_readings_will_have_said_counts() -> None:
    """The last reading speaks until 20: the run is long enough, and it is raised when that time comes."""
    assert times(asked(rule(), every(10, 0, 10), now_ms=20)) == [(0, 20, None)]


def test_unseen_time_ends_a_run() -> None:
    assert times(asked(rule(), [Reading(0, 9000), *every(10, 11, 21)])) == [(11, 31, None)]
    assert times(asked(rule(), [Reading(0, 9000), *every(10, 10, 20)])) == [(0, 20, None)]


def test_a_bridge_joins_runs_and_is_told() -> None:
    bridged = asked(rule(bridge_ms=5), [Reading(0, 9000), Reading(15, 9000)])
    assert times(bridged) == [(0, 20, None)]
    assert bridged[0].inferred
    assert asked(rule(bridge_ms=4), [Reading(0, 9000), Reading(15, 9000)]) == ()
    assert asked(rule(bridge_ms=50), [Reading(0, 9000), Reading(12, 5000), Reading(15, 9000)]) == ()
    assert asked(rule(bridge_ms=50), [Reading(0, 9000)]) == ()


def test_nobody_saw_it_end() -> None:
    assert times(asked(rule(), every(10, 0, 20), now_ms=10_000)) == [(0, 20, None)]


CLEARS = rule(clear=Clear(Condition("<=", 7500), 15))


def test_what_clears_must_last() -> None:
    warm = every(10, 0, 20)
    assert times(asked(CLEARS, [*warm, *every(5, 30, 40, 7000)])) == [(0, 20, 45)]
    assert times(asked(CLEARS, [*warm, *every(5, 30, 40, 7000), Reading(44, 7600)])) == [(0, 20, None)]
    assert times(asked(CLEARS, [*warm, Reading(30, 7000), Reading(41, 7000)])) == [(0, 20, None)]
    assert times(asked(CLEARS, [*warm, *every(5, 30, 90, 8000)])) == [(0, 20, None)]


def test_short_runs_inside_belong_to_the_episode() -> None:
    readings = [*every(10, 0, 20), Reading(30, 7000), Reading(35, 12_000), *every(5, 40, 60, 7000)]
    (episode,) = asked(CLEARS, readings)
    assert (episode.cleared_at_ms, episode.worst) == (55, 12_000)


def test_the_next_episode_begins_behind_the_end_of_the_first() -> None:
    readings = [*every(10, 0, 20), Reading(30, 5000), *every(10, 40, 60)]
    assert times(asked(rule(), readings)) == [(0, 20, 30), (40, 60, None)]


def test_steps_are_reached_while_it_is_open() -> None:
    stepped = rule(steps=(Step(40, "critical"),))
    warm = every(10, 0, 50)
    assert asked(stepped, warm, now_ms=39)[0].severity == "warning"
    assert asked(stepped, warm, now_ms=40)[0].severity == "critical"
    assert asked(stepped, [*warm[:4], Reading(40, 5000)])[0].severity == "warning"
    assert asked(stepped, [*warm[:4], Reading(41, 5000)])[0].severity == "critical"


@pytest.mark.parametrize(
    ("claims", "is_warm"),
    [
        ([Reading(0, 5000), Reading(0, 9000)], True),
        ([Reading(0, 5000), Reading(0, 9000, "UNCERTAIN")], False),
        ([Reading(0, 5000, "BAD"), Reading(0, 9000, "UNCERTAIN")], True),
        ([Reading(0, None), Reading(0, 9000, "UNCERTAIN")], True),
        ([Reading(0, 9000, "BAD")], False),
    ],
)
def test_of_several_claims_the_best_count_and_of_these_the_worst(
    claims: list[Reading], is_warm: bool
) -> None:
    assert bool(asked(rule(for_ms=5), claims)) == is_warm
    assert bool(asked(rule(for_ms=5), claims[::-1])) == is_warm


def test_an_exact_value_counts_if_it_is_claimed() -> None:
    cut = rule(Condition("==", 0), 5)
    assert asked(cut, [Reading(0, 900_000), Reading(0, 0)])
    assert not asked(cut, [Reading(0, 900_000), Reading(0, 500)])


def test_a_bad_reading_does_not_interrupt_a_usable_one() -> None:
    readings = [Reading(0, 9000), Reading(5, None), Reading(10, 9000), Reading(19, None, "BAD")]
    assert times(asked(rule(), readings)) == [(0, 20, None)]


def test_bad_readings_have_rules_of_their_own() -> None:
    readings = [*every(10, 0, 20, None), Reading(25, 5000), Reading(30, None)]
    (episode,) = asked(rule("bad"), readings)
    assert times((episode,)) == [(0, 20, 25)]
    assert episode.worst is None


def test_the_offset_issued_last_counts() -> None:
    warm = every(10, 0, 40, 8500)
    low = Calibration(-1000, 0, None, issued_ms=1)
    assert asked(rule(), warm, 1000, low) == ()
    assert times(asked(rule(), warm, 1000, low, Calibration(0, 10, None, issued_ms=2))) == [(10, 30, None)]
    assert asked(rule(), warm, 1000, low, Calibration(0, 0, None, issued_ms=0)) == ()
    assert asked(rule(), warm, 1000, low, Calibration(100, 0, None, issued_ms=1))[0].worst == 8600
    assert times(asked(rule(), warm, 1000, Calibration(-1000, 0, 10, issued_ms=1))) == [(10, 30, None)]


SILENT = rule("silent", 45)


def test_silence_begins_with_the_last_instant() -> None:
    assert times(asked(SILENT, [Reading(0, 5000), Reading(45, None)], now_ms=89)) == []
    assert times(asked(SILENT, [Reading(0, 5000), Reading(45, None)], now_ms=90)) == [(45, 90, None)]
    assert times(asked(SILENT, [Reading(0, 5000), Reading(46, 5000)], now_ms=46)) == [(0, 45, 46)]


def test_who_never_spoke_is_silent_since_he_is_watched() -> None:
    def watched(readings: list[Reading], from_ms: int) -> list[tuple[int, int, int | None]]:
        return times(episodes_of(InForce(SILENT), "fridge-01", readings, (), 200, from_ms))

    assert watched([], 100) == [(100, 145, None)]
    assert watched([Reading(190, 1)], 100) == [(100, 145, 190)]
    assert watched([Reading(90, 1), Reading(190, 1)], 100) == [(90, 135, 190)]


def test_a_version_judges_what_was_not_over_before_it_came() -> None:
    warm = [*every(10, 0, 40), Reading(50, 5000)]
    assert times(asked(InForce(rule(), 30), warm)) == [(0, 30, 50)]
    assert times(asked(InForce(rule(), 50), warm)) == []
    assert times(asked(InForce(rule(), None, 20), warm)) == []
    assert times(asked(InForce(rule(), None, 21), warm)) == [(0, 20, 21)]
    assert times(asked(InForce(rule(), None, 40), warm, now_ms=39)) == [(0, 20, None)]


def test_a_version_tells_nothing_of_the_time_behind_it() -> None:
    warm = [*every(10, 0, 30), Reading(40, 12_000)]
    stepped = rule(steps=(Step(40, "critical"),))
    (episode,) = asked(InForce(stepped, None, 40), warm)
    assert (episode.severity, episode.worst) == ("warning", 9000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0005, 0), (0.0015, 2), (-0.5, -500), (1.0000004, 1000), (1e12, 10**15),
        (1.1e12, None), (float("nan"), None), (float("inf"), None), (None, None),
    ],
)  # fmt: skip
def test_values_are_whole_thousandths(value: float | None, expected: int | None) -> None:
    assert thousandths(value) == expected


def test_an_episode_has_one_name_at_edge_and_hub() -> None:
    (one,) = asked(rule(), every(10, 0, 30), now_ms=25)
    (later,) = asked(rule(), [*every(10, 0, 30), Reading(40, 5000)], now_ms=100)
    assert one.episode_id == later.episode_id
    others = [
        replace(one, device="fridge-02"), replace(one, metric="temp.freezer"), replace(one, rule="LOW"),
        replace(one, version="own@2"), replace(one, start_ms=1),
    ]  # fmt: skip
    assert len({each.episode_id for each in (one, *others)}) == 6


@pytest.mark.parametrize(
    "settings",
    [
        {"clear": Clear(Condition(">", 9000))},
        {"steps": (Step(19, "critical"),)},
        {"steps": (Step(30, "warning"),)},
        {"bridge_ms": -1},
        {"when": "bad", "clear": Clear(Condition(">", 9000))},
        {"when": "silent", "bridge_ms": 1},
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rule(**settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="never in force"):
        InForce(rule(), 5, 5)

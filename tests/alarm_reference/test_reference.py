"""Examples computed by hand, at least one for every sentence of docs/alarm_rules.md.

Times count from 0 in units that need no name; a reading speaks for 10 of them unless a rule says otherwise.
"""

from collections.abc import Sequence

import pytest

from tests.alarm_reference.readings import Calibration, Reading, Rule, thousandths
from tests.alarm_reference.reference import Episode, episodes

EVER = 1_000_000
HOT = Rule((">", 8000), lasts=20, hold=10)


def said(*times_and_values: tuple[int, int], quality: str = "GOOD") -> list[Reading]:
    return [Reading(time, value, quality) for time, value in times_and_values]


def bad(*times: int) -> list[Reading]:
    return [Reading(time, None, "BAD") for time in times]


def steady(value: int, *times: int) -> list[Reading]:
    return said(*((time, value) for time in times))


def spans(found: Sequence[Episode]) -> list[tuple[int, int, int | None]]:
    return [(one.start, one.raised_at, one.cleared_at) for one in found]


def asked(
    rule: Rule, readings: list[Reading], at: int = EVER, calibrations: Sequence[Calibration] = ()
) -> list[tuple[int, int, int | None]]:
    return spans(episodes(rule, readings, at, calibrations))


WARM = steady(9000, 0, 10, 20)  # violates in [0, 30)


# Readings


def test_identical_readings_count_once() -> None:
    assert asked(HOT, [*WARM, *WARM]) == asked(HOT, WARM) == [(0, 20, None)]


def test_values_are_whole_thousandths_half_to_even() -> None:
    assert 0.1 + 0.2 > 0.3
    assert thousandths(0.1 + 0.2) == 300
    assert [thousandths(value) for value in (4.0625, 4.1875, -0.0625)] == [4062, 4188, -62]
    assert [thousandths(value) for value in (float("nan"), float("-inf"), 1.1e12, None)] == [None] * 4
    assert thousandths(-1e12) == -(10**15)


@pytest.mark.parametrize(
    ("operator", "fulfilled"),
    [(">", [8001]), (">=", [8000, 8001]), ("<", [7999]), ("<=", [7999, 8000]), ("==", [8000])],
)
def test_operators_are_strict_where_they_say_so(operator: str, fulfilled: list[int]) -> None:
    rule = HOT._replace(when=(operator, 8000), lasts=0)
    assert [value for value in (7999, 8000, 8001) if asked(rule, said((0, value)))] == fulfilled


def test_a_calibration_holds_from_its_beginning_and_not_at_its_end() -> None:
    warmer = [Calibration(1, 10, 30, issued=0)]
    readings = steady(8000, 0, 10, 20, 30)  # 8001 at 10 and 20
    assert asked(HOT, readings, calibrations=warmer) == [(10, 30, 30)]
    assert asked(HOT, readings, calibrations=[Calibration(1, 10, None, issued=0)]) == [(10, 30, None)]


def test_of_several_calibrations_the_one_issued_last_holds_and_of_one_instant_the_greatest() -> None:
    readings = steady(8000, 0, 10)
    first, edited = Calibration(50, 0, None, issued=1), Calibration(-50, 0, None, issued=2)
    assert not asked(HOT, readings, calibrations=[first, edited])
    assert not asked(HOT, readings, calibrations=[edited, first])
    same = edited._replace(issued=1)
    assert asked(HOT, readings, calibrations=[first, same]) == [(0, 20, None)]


def test_a_calibration_counts_whenever_it_was_issued() -> None:
    assert asked(HOT, steady(8000, 0, 10), 20, [Calibration(1, 0, None, issued=EVER)]) == [(0, 20, None)]


def test_readings_after_the_question_do_not_exist_yet() -> None:
    readings = [*WARM, *steady(5000, 30)]
    assert asked(HOT, readings, 29) == [(0, 20, None)]
    assert asked(HOT, readings, 30) == [(0, 20, 30)]


def test_of_conflicting_values_the_best_quality_counts() -> None:
    conflict = [*said((0, 5000)), *said((0, 9000), quality="UNCERTAIN"), *steady(9000, 10, 20)]
    assert asked(HOT, conflict) == [(10, 30, None)]
    uncertain = [*said((0, 9000), quality="UNCERTAIN"), *said((0, 12_000), quality="BAD"), *WARM[1:]]
    assert episodes(HOT, uncertain, EVER)[0][4:] == (False, 9000)


def test_a_good_reading_without_a_value_is_bad() -> None:
    nothing = [Reading(0, None, "GOOD"), Reading(10, None, "UNCERTAIN")]
    assert asked(HOT._replace(when="bad"), nothing) == [(0, 20, None)]
    assert not asked(HOT, [*nothing, *said((0, 9000), quality="BAD")])
    assert asked(HOT, [Reading(0, None, "GOOD"), *WARM]) == [(0, 20, None)]


@pytest.mark.parametrize(
    ("operator", "worst"),
    [(">", 9000), (">=", 9000), ("<", 1000), ("<=", 1000), ("==", 5000)],
)
def test_of_conflicting_values_of_one_quality_the_worst_for_the_rule_counts(
    operator: str, worst: int
) -> None:
    rule = Rule((operator, 5000), lasts=0, hold=10)
    [episode] = episodes(rule, said((0, 9000), (0, 5000), (0, 1000)), EVER)
    assert episode.worst == worst


def test_conflicting_values_without_the_threshold_take_the_greatest_for_equality() -> None:
    rule = Rule(("==", 5000), lasts=0, hold=10, clear=(">=", 6000))
    assert asked(rule, [*said((0, 5000)), *said((5, 4000), (5, 6000))]) == [(0, 0, 5)]
    assert asked(rule, [*said((0, 5000)), *said((5, 4000), (5, 5999))]) == [(0, 0, None)]


# How long a reading speaks


def test_a_reading_speaks_until_the_next_one_and_at_most_for_its_hold() -> None:
    assert asked(HOT, steady(9000, 0, 10)) == [(0, 20, None)]  # [0, 20) is long enough
    assert not asked(HOT, [*steady(9000, 0, 10), *steady(5000, 19)])
    assert not asked(HOT, steady(9000, 0, 9))  # [0, 19)
    assert not asked(HOT, steady(9000, 0, 11))  # unseen in [10, 11)


def test_bad_readings_do_not_interrupt_a_rule_on_a_value() -> None:
    assert asked(HOT, [*WARM, *bad(5, 15, 25)]) == asked(HOT, WARM)


def test_any_reading_interrupts_a_rule_on_bad_readings() -> None:
    rule = HOT._replace(when="bad")
    assert asked(rule, [*bad(0, 10), *steady(5000, 20)]) == [(0, 20, 20)]
    assert not asked(rule, [*bad(0, 10), *steady(5000, 19)])


# Rules on a value


def test_bad_readings_are_violated_by_bad_instants_only() -> None:
    rule = HOT._replace(when="bad")
    [episode] = episodes(rule, bad(0, 10), EVER)
    assert episode == Episode(0, 20, None, "warning", inferred=False, worst=None)
    assert not asked(rule, steady(99_000, 0, 10, 20))
    assert not asked(rule, [*bad(0, 10), *steady(5000, 0)])  # usable, because one claim is


def test_unseen_time_ends_a_run() -> None:
    assert not asked(HOT, steady(9000, 0, 11, 21)[:2])
    assert asked(HOT, steady(9000, 0, 11, 21)) == [(11, 31, None)]


def test_a_bridge_joins_runs_and_marks_the_episode() -> None:
    bridged = HOT._replace(bridge=5)
    [episode] = episodes(bridged, steady(9000, 0, 15), EVER)  # unseen in [10, 15)
    assert spans([episode]) == [(0, 20, None)]
    assert episode.inferred
    assert not asked(bridged, steady(9000, 0, 16))


def test_a_bridge_lies_between_a_violating_reading_and_the_next() -> None:
    bridged = HOT._replace(bridge=50)
    assert not asked(bridged, [*steady(9000, 0), *steady(5000, 15), *steady(9000, 16)])
    assert asked(bridged, [*steady(9000, 0), *bad(13), *steady(9000, 15)]) == [(0, 20, None)]
    bad_rule = bridged._replace(when="bad")
    assert not asked(bad_rule, [*bad(0), *steady(5000, 13), *bad(15)])


def test_the_end_of_what_is_known_is_not_bridged() -> None:
    assert not asked(HOT._replace(bridge=50), steady(9000, 0))
    assert not asked(HOT._replace(bridge=50), steady(9000, 0, 30), 29)


def test_a_run_raises_when_it_lasts_exactly_long_enough() -> None:
    assert asked(HOT._replace(lasts=30), WARM) == [(0, 30, None)]
    assert not asked(HOT._replace(lasts=31), WARM)


def test_shorter_runs_do_not_add_up() -> None:
    assert not asked(HOT, [*steady(9000, 0, 10), *steady(8000, 19), *steady(9000, 20, 30), *steady(8000, 39)])


def test_a_clear_run_that_begins_exactly_when_the_alarm_is_raised_clears() -> None:
    assert asked(HOT, [*steady(9000, 0, 10), *steady(8000, 20)]) == [(0, 20, 20)]


def test_clearing_takes_a_clear_run_of_exactly_its_time_and_unseen_time_ends_it() -> None:
    rule = HOT._replace(clear=("<=", 7500), clear_lasts=15)
    assert asked(rule, [*WARM, *steady(7500, 30, 40), *steady(7501, 45)]) == [(0, 20, 45)]
    assert asked(rule, [*WARM, *steady(7500, 30, 40), *steady(7501, 44)]) == [(0, 20, None)]
    assert asked(rule, [*WARM, *steady(7500, 30, 41)]) == [(0, 20, None)]
    assert asked(rule._replace(bridge=50), [*WARM, *steady(7500, 30, 41)]) == [(0, 20, None)]
    assert asked(rule, [*WARM, *steady(7500, 30, 41, 51)]) == [(0, 20, 56)]


def test_hysteresis_neither_raises_nor_clears() -> None:
    rule = HOT._replace(clear=("<=", 7500))
    assert not asked(rule, steady(7900, 0, 10, 20))
    assert asked(rule, [*WARM, *steady(7900, 30, 40, 50), *steady(7500, 60)]) == [(0, 20, 60)]


def test_without_a_clear_the_opposite_clears_after_its_delay() -> None:
    rule = HOT._replace(clear_lasts=5)
    assert asked(rule, [*WARM, *steady(8000, 30), *steady(8001, 34)]) == [(0, 20, None)]
    assert asked(rule, [*WARM, *steady(8000, 30), *steady(8001, 35)])[0] == (0, 20, 35)
    equal = Rule(("==", 0), lasts=0, hold=10)
    assert asked(equal, said((0, 0), (5, -1), (7, 0), (9, 1))) == [(0, 0, 5), (7, 7, 9)]


def test_unseen_time_does_not_clear() -> None:
    assert asked(HOT, WARM, EVER) == [(0, 20, None)]
    assert asked(HOT, [*WARM, *steady(8000, 500)]) == [(0, 20, 500)]


def test_any_usable_reading_clears_bad_ones() -> None:
    assert asked(HOT._replace(when="bad"), [*bad(0, 10), *steady(99_000, 33)]) == [(0, 20, 33)]


def test_short_runs_inside_an_episode_belong_to_it() -> None:
    rule = HOT._replace(clear=("<=", 7500))
    readings = [*WARM, *steady(7900, 30), *said((35, 9999)), *steady(7900, 36), *steady(7500, 40)]
    assert episodes(rule, readings, EVER) == [Episode(0, 20, 40, "warning", inferred=False, worst=9999)]


def test_a_bridge_in_any_run_of_an_episode_marks_it() -> None:
    rule = HOT._replace(clear=("<=", 7500), bridge=5)
    readings = [*WARM, *steady(7900, 30), *steady(9000, 40, 55), *steady(7500, 60)]
    [episode] = episodes(rule, readings, EVER)
    assert (episode.cleared_at, episode.inferred) == (60, True)
    [before] = episodes(rule, readings, 54)
    assert (before.cleared_at, before.inferred) == (None, False)


def test_the_next_episode_begins_with_a_run_at_or_after_the_clearing() -> None:
    rule = HOT._replace(clear=("<=", 7500), clear_lasts=5)
    again = steady(9000, 35, 45, 55)
    assert asked(rule, [*WARM, *steady(7500, 30), *again]) == [(0, 20, 35), (35, 55, None)]
    earlier = [*WARM, *steady(7500, 30), *steady(9000, 34, 44, 54)]
    assert asked(rule, earlier) == [(0, 20, None)]


def test_steps_are_reached_unless_cleared_by_then() -> None:
    rule = HOT._replace(steps=((25, "critical"),))
    at = {time: episodes(rule, WARM, time)[0].severity for time in (20, 24, 25)}
    assert at == {20: "warning", 24: "warning", 25: "critical"}
    for cleared, severity in ((25, "warning"), (26, "critical")):
        [episode] = episodes(rule, [*steady(9000, 0, 10, 20), *steady(8000, cleared)], EVER)
        assert (episode.cleared_at, episode.severity) == (cleared, severity)


def test_a_question_is_answered_as_of_its_time() -> None:
    rule = HOT._replace(clear=("<=", 7500), clear_lasts=10)
    readings = [*WARM, *steady(7500, 30)]
    assert not asked(rule, readings, 19)
    assert asked(rule, readings, 20) == [(0, 20, None)]
    assert asked(rule, readings, 39) == [(0, 20, None)]
    assert asked(rule, readings, 40) == [(0, 20, 40)]


def test_what_is_known_is_taken_to_speak_on() -> None:
    assert asked(HOT, steady(9000, 0, 10), 20) == [(0, 20, None)]  # the reading at 10 speaks until 20
    assert not asked(HOT._replace(lasts=25), steady(9000, 0, 10), 25)
    assert asked(HOT._replace(lasts=25), steady(9000, 0, 10, 20), 25) == [(0, 25, None)]


def test_the_worst_value_is_a_corrected_one_before_the_end() -> None:
    rule = HOT._replace(ends=25)
    readings = said((0, 9000), (10, 9500), (20, 9100), (25, 12_000))
    [episode] = episodes(rule, readings, EVER, [Calibration(7, 10, 11, issued=0)])
    assert episode == Episode(0, 20, 25, "warning", inferred=False, worst=9507)
    [cold] = episodes(HOT._replace(when=("<", 2000)), said((0, 1500), (10, -300)), EVER)
    assert cold.worst == -300


# Silence

SILENT = Rule("silent", lasts=20, hold=10)


def test_a_reading_exactly_at_the_limit_is_in_time() -> None:
    assert not asked(SILENT, steady(5000, 0, 20), 39)
    assert asked(SILENT, steady(5000, 0, 21), 40) == [(0, 20, 21)]


def test_silence_is_raised_when_its_time_is_over_and_open_until_a_reading_of_any_quality() -> None:
    readings = [*steady(5000, 0), *bad(50)]
    assert not asked(SILENT, readings, 19)
    assert asked(SILENT, readings, 20) == [(0, 20, None)]
    assert asked(SILENT, readings, 49) == [(0, 20, None)]
    assert asked(SILENT, readings, 50) == [(0, 20, 50)]
    assert asked(SILENT, readings, 70) == [(0, 20, 50), (50, 70, None)]


def test_silence_is_watched_from_the_beginning() -> None:
    assert episodes(SILENT, [], 25, watched_from=5) == [Episode(5, 25, None, "warning", False, None)]
    assert not episodes(SILENT, [], 24, watched_from=5)
    assert not episodes(SILENT, [], 25)
    assert spans(episodes(SILENT, steady(5000, 30), 30, watched_from=5)) == [(5, 25, 30)]
    assert not episodes(SILENT, steady(5000, 25), 30, watched_from=5)
    assert not episodes(SILENT, [], 24, watched_from=EVER)


def test_readings_before_the_watching_count_and_a_silence_is_told_once() -> None:
    assert spans(episodes(SILENT, steady(5000, 0, 100), 100, watched_from=10)) == [(0, 20, 100)]
    assert spans(episodes(SILENT, steady(5000, 10, 100), 100, watched_from=10)) == [(10, 30, 100)]


def test_buffered_data_take_a_silence_back() -> None:
    assert asked(SILENT, steady(5000, 0, 50), 60) == [(0, 20, 50)]
    assert not asked(SILENT, steady(5000, 0, 10, 30, 50), 60)


def test_silence_has_steps_too() -> None:
    rule = SILENT._replace(steps=((30, "critical"),))
    assert [episodes(rule, steady(5000, 0), at)[0].severity for at in (29, 30)] == ["warning", "critical"]
    assert episodes(rule, steady(5000, 0, 30), 30)[0].severity == "warning"


# Versions


def test_a_version_counts_what_was_raised_before_its_end() -> None:
    assert not asked(HOT._replace(ends=20), WARM)
    assert asked(HOT._replace(ends=21), WARM) == [(0, 20, 21)]
    assert asked(HOT._replace(ends=21), WARM, 20) == [(0, 20, None)]


def test_a_version_does_not_judge_what_was_over_before_it_came() -> None:
    readings = [*WARM, *steady(8000, 30)]
    assert not asked(HOT._replace(begins=30), readings)
    assert asked(HOT._replace(begins=29), readings) == [(0, 29, 30)]


def test_a_version_knows_how_long_it_has_been_warm() -> None:
    rule = HOT._replace(begins=25, steps=((22, "critical"),))
    assert not asked(rule, WARM, 24)
    assert episodes(rule, WARM, 25) == [Episode(0, 25, None, "critical", inferred=False, worst=9000)]
    assert asked(rule._replace(begins=15), WARM, 20) == [(0, 20, None)]


def test_what_is_cleared_at_the_end_of_a_version_reaches_no_step_there() -> None:
    rule = HOT._replace(ends=25, steps=((25, "critical"),))
    assert episodes(rule, WARM, EVER)[0].severity == "warning"
    assert episodes(rule._replace(ends=26), WARM, EVER)[0].severity == "critical"


def test_what_was_cleared_before_the_end_of_a_version_stays_so() -> None:
    assert asked(HOT._replace(ends=40), [*WARM, *steady(8000, 30)]) == [(0, 20, 30)]


def test_a_bridge_after_the_end_of_a_version_marks_nothing() -> None:
    rule = HOT._replace(bridge=5)
    readings = steady(9000, 0, 10, 25)  # unseen in [20, 25)
    assert [episodes(rule._replace(ends=end), readings, EVER)[0].inferred for end in (20 + 1, 30)] == [
        True
    ] * 2
    rule = rule._replace(lasts=15)
    assert not episodes(rule._replace(ends=20), readings, EVER)[0].inferred


def test_silence_has_versions_too() -> None:
    assert asked(SILENT._replace(begins=25, ends=40), steady(5000, 0), 30) == [(0, 25, None)]
    assert asked(SILENT._replace(begins=25, ends=40), steady(5000, 0), 40) == [(0, 25, 40)]

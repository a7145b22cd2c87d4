"""Lanes of door, power and alarms: pure."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.console.unit_lanes import (
    HOLD_MS,
    Disagreement,
    Lane,
    Stretch,
    device_lane,
    disagreements,
    door_lane,
    joined,
    power_lane,
    rows_of,
    within,
)
from storage.incidents import Measured

MINUTE = 60_000
HOUR = 60 * MINUTE
SPAN = (0, 10 * HOUR)
STRETCHES = st.lists(
    st.builds(
        lambda start, length, what: Stretch(start, start + length, "on", what),
        st.integers(0, 10 * HOUR),
        st.integers(1, 2 * HOUR),
        st.sampled_from(["", "heat"]),
    ),
    max_size=30,
)


def rows(*told: tuple[float, float | None]) -> list[Measured]:
    """(hours, value)"""
    return [Measured(round(at * HOUR), value, "1", "BAD" if value is None else "GOOD") for at, value in told]


def every_quarter(value: float, first: float, last: float) -> list[tuple[float, float]]:
    return [(n / 4, value) for n in range(round(first * 4), round(last * 4) + 1)]


def kinds(lane: Lane) -> list[tuple[float, float, str]]:
    return [(one.start_ms / HOUR, one.end_ms / HOUR, one.kind) for one in lane.stretches]


def test_a_door_switch_speaks_until_it_says_otherwise_and_no_longer_than_it_speaks() -> None:
    told = {"door.open": rows((0, 0), (0.5, 1), (0.6, 1), (0.7, 0), (1.2, 1))}
    hold = HOLD_MS / HOUR
    assert kinds(door_lane(told, SPAN)) == [
        (0.5, 0.7, "on"),
        (1.2, 1.2 + hold, "on"),
        (1.2 + hold, 10.0, "unseen"),
    ]


def test_seconds_that_a_door_is_open_now_reach_back() -> None:
    told = {"door.open_now_s": rows(*every_quarter(0, 0, 3), (3.25, 600), *every_quarter(0, 3.5, 10))}
    assert kinds(door_lane(told, SPAN)) == [(3.25 - 1 / 6, 3.25, "on")]


def test_a_door_of_which_only_sums_are_told_was_open_for_part_of_the_time() -> None:
    told = {"door.open_s": rows(*every_quarter(0, 0, 3), (3.25, 40), (3.5, 90), *every_quarter(0, 3.75, 10))}
    assert kinds(door_lane(told, SPAN)) == [(3.0, 3.5, "part")]


def test_power_is_away_before_it_is_told() -> None:
    told = {"power.available_s": rows(*every_quarter(900, 0, 2), (2.25, 300), (2.5, 0), (2.75, 0), (6, 900))}
    assert kinds(power_lane(told, SPAN)) == [
        (2.0, 2.25, "part"),
        (2.25, 2.75, "on"),
        (2.75, 5.75, "unseen"),
        (6.5, 10.0, "unseen"),
    ]
    volts = {"power.ac_voltage": rows((0, 230), (0.5, 3), (1, 231))}
    assert kinds(power_lane(volts, (0, HOUR))) == [(0.5, 1.0, "on")]


def test_a_quarter_that_is_not_over_is_not_missed() -> None:
    told = {"power.available_s": rows(*every_quarter(900, 0.25, 9.5))}
    assert kinds(power_lane(told, SPAN)) == []
    assert kinds(power_lane(told, (0, 11 * HOUR))) == [(10.0, 11.0, "unseen")]


def test_what_nothing_measures_is_not_said_to_be_fine() -> None:
    assert door_lane({}, SPAN) == Lane("door", (), measured=False)
    assert power_lane({"temp.vaccine": rows((1, 5))}, SPAN) == Lane("power", (), measured=False)
    assert device_lane({"door.open": rows((1, 0))}, SPAN) == Lane("device", (), measured=False)
    assert kinds(door_lane({"door.open": rows((1, None))}, SPAN)) == [(0.0, 10.0, "unseen")]


def test_each_alarm_of_the_unit_is_told_by_its_code() -> None:
    told = {"alarm.heat": rows((1, 1), (1.5, 1), (2, 0)), "alarm.door": rows((1.2, 1), (1.4, 0))}
    lane = device_lane(told, SPAN)
    assert [(one.what, one.start_ms / HOUR, one.end_ms / HOUR) for one in lane.stretches] == [
        ("heat", 1.0, 2.0),
        ("door", 1.2, 1.4),
    ]


def alarm(what: str, start: float, end: float) -> Stretch:
    return Stretch(round(start * HOUR), round(end * HOUR), "warning", what)


def test_disagreement_is_a_finding_both_ways() -> None:
    ours = Lane("ours", (alarm("HEAT", 1, 2), alarm("FRZE", 4, 5), alarm("LOW", 6, 7)))
    device = Lane("device", (alarm("heat", 2.4, 3), alarm("powr", 8, 9), alarm("other", 8, 9)))
    told = {f"alarm.{code}": rows((0, 0)) for code in ("heat", "frze", "powr")}
    assert disagreements(ours, device, told) == [
        Disagreement("ours", "frze", alarm("FRZE", 4, 5)),
        Disagreement("device", "powr", alarm("powr", 8, 9)),
    ]
    assert disagreements(ours, Lane("device", (), measured=False), {}) == []
    assert disagreements(ours, device, {"alarm.powr": told["alarm.powr"], "alarm.frze": []}) == [
        Disagreement("device", "powr", alarm("powr", 8, 9))
    ]
    apart = Lane("device", (alarm("heat", 2.6, 3), alarm("frze", 4, 5)))
    assert [each.whose for each in disagreements(ours, apart, told)] == ["ours", "device"]


@given(STRETCHES)
def test_joined_ones_cover_what_they_were_made_of(stretches: list[Stretch]) -> None:
    made = joined(stretches)
    for one in stretches:
        assert any(
            each.start_ms <= one.start_ms and one.end_ms <= each.end_ms and each.what == one.what
            for each in made
        )
    for what in ("", "heat"):
        same = [each for each in made if each.what == what]
        assert all(one.end_ms < other.start_ms for one, other in pairwise(same))


@given(STRETCHES)
def test_in_a_row_none_hides_another(stretches: list[Stretch]) -> None:
    made = rows_of(stretches)
    assert sorted(one for row in made for one in row) == sorted(stretches)
    for row in made:
        assert all(one.end_ms <= other.start_ms for one, other in pairwise(row))


@given(STRETCHES)
def test_what_lies_outside_is_cut_away(stretches: list[Stretch]) -> None:
    assert all(HOUR <= one.start_ms < one.end_ms <= 2 * HOUR for one in within(stretches, (HOUR, 2 * HOUR)))

"""How long what was held: gaps are unseen, claims are settled, order and cuts change nothing."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.readings import Calibration, Reading
from hub.exposure.excursions import excursions
from hub.exposure.held_time import Shares, held_time
from hub.exposure.ranges import FRIDGE, range_of
from hub.exposure.stretches import Stretch, gaps, stretches, tiles, within
from hub.exposure.unit_exposure import hottest_window, unit_exposure, windows
from tests.exposure.held import DAY, HOLD, HOUR, MINUTE, every, reading, span, stay


def held(readings: list[Reading], hours: float, **changes: Any) -> list[Stretch]:
    return stretches(readings, HOLD, span(hours), FRIDGE.middle, **changes)


def test_a_reading_speaks_until_the_next_and_at_most_for_hold() -> None:
    found = held([reading(0, 4.0), reading(10, 9.0), reading(100, 5.0)], 2)
    assert found == [
        Stretch(0, 10 * MINUTE, 4000),
        Stretch(10 * MINUTE, 40 * MINUTE, 9000),
        Stretch(100 * MINUTE, 120 * MINUTE, 5000),
    ]
    assert gaps(found, span(2)) == [(40 * MINUTE, 100 * MINUTE)]
    figures = unit_exposure(found, span(2), FRIDGE)
    assert figures.shares == Shares(30 * MINUTE, 30 * MINUTE, 0, 60 * MINUTE)
    assert (figures.held.completeness, figures.held.mean) == (
        Fraction(1, 2),
        Fraction(40 + 270 + 100, 60) * 1000,
    )
    assert (figures.held.least, figures.held.greatest) == (4000, 9000)


def test_what_was_measured_before_the_span_speaks_into_it() -> None:
    assert held([reading(-10, 4.0), reading(-40, 9.0)], 1) == [Stretch(0, 20 * MINUTE, 4000)]


def test_bad_readings_say_nothing_and_of_two_claims_the_worse_one_counts() -> None:
    bad = [reading(0, 4.0), reading(10, 85.0, "BAD"), reading(20, None), reading(20, 3.0)]
    assert held(bad, 1)[0] == Stretch(0, 20 * MINUTE, 4000)
    claims = [reading(0, 4.0), reading(0, 9.0), reading(0, 0.5), reading(0, 99.0, "UNCERTAIN")]
    assert held(claims, 0.25) == [stay(0.25, 0.5)]
    assert held([reading(0, 2.0), reading(0, 8.0)], 0.25) == [stay(0.25, 8.0)]


def test_a_calibration_corrects_and_both_limits_are_allowed() -> None:
    offsets = [Calibration(-500, 10 * MINUTE, None, 0)]
    found = held(every(10, [8.0, 8.4, 8.6]), 0.5, calibrations=offsets)
    assert [stretch.value for stretch in found] == [8000, 7900, 8100]
    assert unit_exposure(found, span(0.5), FRIDGE).shares.above_ms == 10 * MINUTE
    assert held_time([stay(1, 2.0), stay(1, 8.0, 1)], span(2)).shares(FRIDGE).inside_ms == 2 * HOUR


def test_nothing_seen_is_unseen_and_never_in_range() -> None:
    figures = unit_exposure([], span(3), FRIDGE)
    assert figures.shares == Shares(0, 0, 0, 3 * HOUR)
    assert figures.held.completeness == 0
    assert figures.held.mean is None
    assert figures.mean_kinetic is None
    assert list(tiles([], span(3))) == [(0, 3 * HOUR, None)]
    assert held_time([], (5, 5)).completeness == 0


def test_excursions_have_side_length_peak_and_area_and_a_gap_ends_one() -> None:
    parts = [
        stay(1, 9.0),
        stay(1, 11.0, 1),
        stay(1, 5.0, 2),
        stay(0.5, 1.5, 3),
        stay(1, -1.0, 3.5),
        stay(1, 0.0, 5),
    ]
    found = excursions(parts, FRIDGE)
    told = [
        (one.side, one.from_ms // MINUTE, one.length_ms // MINUTE, one.peak, one.degree_hours)
        for one in found
    ]
    assert told == [
        ("above", 0, 120, 11_000, 4),
        ("below", 180, 90, -1000, Fraction(13, 4)),
        ("below", 300, 60, 0, 2),
    ]


def test_what_was_above_and_then_below_are_two_excursions() -> None:
    assert [one.side for one in excursions([stay(1, 9.0), stay(1, 1.0, 1)], FRIDGE)] == ["above", "below"]


def test_ranges_are_those_of_the_profile() -> None:
    assert [range_of(name) for name in ("fridge", None, "transport-box")] == [FRIDGE] * 3
    assert (range_of("freezer"), range_of("ultra-low")) == ((-25_000, -15_000), (-90_000, -60_000))


def test_windows_end_with_the_span_and_the_hottest_is_found() -> None:
    assert windows((0, 50), 24) == [(0, 2), (2, 26), (26, 50)]
    assert windows((0, 24), 24) == [(0, 24)]
    parts = [stay(24, 5.0), stay(24, 7.0, 24), stay(24, 4.0, 48)]
    found = hottest_window(parts, (0, 3 * DAY), DAY)
    assert found is not None
    assert (found[0], round(found[1], 9)) == ((DAY, 2 * DAY), 7.0)
    assert hottest_window([], (0, DAY), DAY) is None


VALUES = st.integers(-3000, 12_000)
CURVES = st.lists(st.tuples(st.integers(1, 90), VALUES), min_size=1, max_size=30)


def curve(parts: list[tuple[int, int]]) -> list[Stretch]:
    found: list[Stretch] = []
    at = 0
    for minutes, value in parts:
        if value % 5:  # every fifth stretch is one that nobody saw
            found.append(Stretch(at, at + minutes * MINUTE, value))
        at += minutes * MINUTE
    return found


@given(CURVES, st.data())
def test_cutting_stretches_changes_nothing(parts: list[tuple[int, int]], data: st.DataObject) -> None:
    whole = curve(parts)
    cut: list[Stretch] = []
    for stretch in whole:
        at = data.draw(st.integers(stretch.from_ms, stretch.to_ms))
        cut += [one for one in (stretch._replace(to_ms=at), stretch._replace(from_ms=at)) if one.length_ms]
    end = (0, sum(minutes for minutes, _ in parts) * MINUTE)
    assert unit_exposure(cut, end, FRIDGE) == unit_exposure(whole, end, FRIDGE)
    assert unit_exposure(cut, end, FRIDGE).mean_kinetic == unit_exposure(whole, end, FRIDGE).mean_kinetic


@given(CURVES, st.integers(0, 90 * 30))
def test_two_spans_add_up(parts: list[tuple[int, int]], minute: int) -> None:
    whole = curve(parts)
    end = sum(minutes for minutes, _ in parts) * MINUTE
    cut = min(minute * MINUTE, end)
    both = [unit_exposure(whole, each, FRIDGE) for each in ((0, cut), (cut, end), (0, end))]
    for name in ("inside_ms", "above_ms", "below_ms", "unseen_ms"):
        assert getattr(both[0].shares, name) + getattr(both[1].shares, name) == getattr(both[2].shares, name)
    areas = [sum(one.degree_ms for one in each.excursions) for each in both]
    assert areas[0] + areas[1] == areas[2]


@given(CURVES, st.integers(-5, 2700), st.integers(-5, 2700))
def test_a_part_of_what_was_held_is_cut_to_the_instant(
    parts: list[tuple[int, int]], begin: int, end: int
) -> None:
    whole, cut = curve(parts), (begin * MINUTE, end * MINUTE)
    plain = [
        Stretch(max(one.from_ms, cut[0]), min(one.to_ms, cut[1]), one.value)
        for one in whole
        if max(one.from_ms, cut[0]) < min(one.to_ms, cut[1])
    ]
    assert within(whole, cut) == plain


QUALITIES = st.sampled_from(["GOOD", "GOOD", "UNCERTAIN", "BAD"])
READINGS = st.lists(st.builds(Reading, st.integers(0, 100).map(lambda n: n * 7 * MINUTE), VALUES, QUALITIES))


@given(READINGS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_repeats_do_not_matter(readings: list[Reading], shuffle: Any) -> None:
    other = [*readings, *readings[::2]]
    shuffle.shuffle(other)
    found = held(readings, 12)
    assert held(other, 12) == found
    assert all(one.to_ms <= next_.from_ms for one, next_ in pairwise(found))
    assert all(0 < one.length_ms <= HOLD for one in found)
    assert within(found, span(12)) == found

"""Figures of hours and steps: the same answer from readings and from stored hours."""

from itertools import permutations
from math import isfinite
from sys import float_info

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.chunks import DAY_MS, Sample
from storage.rollup import (
    HOUR_MS,
    Figures,
    by_step,
    figures,
    hours_between,
    hours_to_read,
    of_hours,
    pack_day,
    steps,
    unpack_day,
)

VALUES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30)
ROWS = st.lists(
    st.tuples(
        st.integers(-2 * DAY_MS, 2 * DAY_MS),
        st.just(1),
        st.none() | st.floats(-100, 100),
        st.integers(0, 2),
        st.just(0),
        st.none(),
    ),
    unique_by=lambda row: row[0],
    max_size=60,
).map(sorted)
WHOLE_HOURS = st.sampled_from([HOUR_MS, 2 * HOUR_MS, 7 * HOUR_MS, DAY_MS, 31 * DAY_MS])


@given(VALUES, st.randoms())
def test_order_does_not_matter_and_every_figure_is_a_number(values: list[float], random: object) -> None:
    shuffled = values.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = figures(values)
    assert repr(found) == repr(figures(shuffled))
    assert found.readings == len(values)
    assert found.least == min(values)
    assert found.greatest == max(values)
    assert isfinite(found.mean)


def test_near_the_largest_number_order_does_not_matter_either() -> None:
    largest = float_info.max
    values = [largest, largest, -largest, -1e300]
    assert {figures(list(order)).total for order in permutations(values)} == {largest - 1e300}
    assert figures([largest, largest, 1.0]).total == largest
    assert figures([-largest, -largest, 1.0]).total == -largest


@pytest.mark.slow
@given(ROWS)
def test_packed_days_come_back(rows: list[Sample]) -> None:
    hours = by_step(rows, HOUR_MS)
    for day in {start // DAY_MS for start in hours}:
        of_day = {start: each for start, each in hours.items() if start // DAY_MS == day}
        assert unpack_day(day, pack_day(of_day)) == of_day


@given(ROWS, WHOLE_HOURS)
def test_bad_and_empty_readings_do_not_count(rows: list[Sample], step_ms: int) -> None:
    good = [row for row in rows if row[2] is not None and row[3] != 2]
    found = steps(rows, step_ms)
    assert sum(each.readings for each in found.values()) == len(good)
    assert found == steps(good, step_ms)
    assert all(start % step_ms == 0 for start in found)


@pytest.mark.slow
@given(ROWS, ROWS, WHOLE_HOURS, st.integers(-2 * DAY_MS, 2 * DAY_MS), st.integers(0, 3 * DAY_MS))
def test_stored_hours_answer_as_readings_do(
    old: list[Sample], late: list[Sample], step_ms: int, first_ms: int, length_ms: int
) -> None:
    chunked = {row[0]: row for row in old}
    hot = [row for row in late if row[0] not in chunked]
    span = (first_ms, first_ms + length_ms)
    stored = by_step(old, HOUR_MS)
    to_read = hours_to_read(stored, hot, *span)
    reread = [row for row in old if row[0] - row[0] % HOUR_MS in to_read]
    found = of_hours(hours_between(stored, [*hot, *reread], to_read, span), step_ms)
    wanted = [row for row in sorted([*old, *hot]) if span[0] <= row[0] < span[1]]
    assert found == steps(wanted, step_ms)


def test_a_step_of_hours_is_the_sum_of_its_hours() -> None:
    rows: list[Sample] = [(n * HOUR_MS // 2, n, float(n), 0, 0, None) for n in range(4)]
    assert steps(rows, 2 * HOUR_MS) == {0: Figures(4, 0.0, 3.0, 6.0)}
    assert steps(rows, HOUR_MS // 2) == {n * HOUR_MS // 2: Figures(1, n, n, n) for n in range(4)}

"""Which differences are told, and which are none."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.influx.comparing import (
    Cell,
    Difference,
    Expected,
    Figures,
    Kind,
    by_sum,
    cells,
    exactly,
    keeping_any,
    none_lacks,
)

ROOM = ("edge-1", "fridge-1")
VALUES = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=50)


def of(values: list[float]) -> Expected:
    return Expected(len(values), fsum(values), fsum(map(abs, values)))


@given(VALUES, st.randoms())
def test_the_order_in_which_a_server_adds_up_does_not_matter(values: list[float], chance: object) -> None:
    shuffled = sorted(values, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert exactly(of(values), Figures(len(values), sum(shuffled))) is None


@given(VALUES, st.integers(0, 49))
def test_a_point_that_lacks_is_seen(values: list[float], index: int) -> None:
    left = values[: index % len(values)] + values[index % len(values) + 1 :]
    assert exactly(of(values), Figures(len(left), sum(left))) == ("fewer" if left else "missing")


@given(VALUES, st.integers(0, 49), st.floats(0.001, 1000))
def test_a_value_that_differs_is_seen(values: list[float], index: int, by: float) -> None:
    """By as little as a thousandth, beside a day of values as large as a probe's."""
    small = [value / 1e4 for value in values]
    changed = [*small]
    changed[index % len(small)] += by
    assert exactly(of(small), Figures(len(small), sum(changed))) == "differs"


@pytest.mark.parametrize(
    ("expected", "found", "kind"),
    [
        (Expected(3, 15, 15), Figures(4, 20), "more"),
        (Expected(3, 15, 15, taken_back=1), Figures(4, 20), "withdrawn"),
        (Expected(3, 15, 15, taken_back=1), Figures(5, 25), "more"),
        (Expected(3, 15, 15, taken_back=1), Figures(2, 10), "fewer"),
        (Expected(3, 15, 15, taken_back=1), Figures(3, 16), "differs"),
        (Expected(3, 15, 15, coming=1), Figures(2, 10), None),
        (Expected(3, 15, 15, coming=1), Figures(3, 16), None),
        (Expected(3, 15, 15, coming=1), Figures(1, 5), "fewer"),
        (Expected(3, 15, 15, coming=1), Figures(5, 25), "more"),
        (Expected(3, 15, 15, taken_back=1, coming=1), Figures(5, 25), None),
        (Expected(), Figures(1, 0.0), "more"),
    ],
)
def test_values(expected: Expected, found: Figures, kind: Kind | None) -> None:
    assert exactly(expected, found) == kind


def test_of_what_the_store_forgets_the_server_may_have_more() -> None:
    assert none_lacks(Expected(3), Figures(7, 1.0)) is None
    assert none_lacks(Expected(3), Figures(2, 1.0)) == "fewer"
    assert none_lacks(Expected(3), Figures()) == "missing"
    assert none_lacks(Expected(3, coming=1), Figures(2, 1.0)) is None


def test_an_hour_in_which_nothing_counts_may_be_there_or_not() -> None:
    assert by_sum(Expected(0, 0.0, 0.0), Figures(5, 0.0)) is None
    assert by_sum(Expected(1, 7.0, 7.0), Figures(5, 7.0)) is None
    assert by_sum(Expected(1, 7.0, 7.0), Figures(5, 6.0)) == "differs"
    assert by_sum(Expected(1, 7.0, 7.0), Figures()) == "missing"
    assert by_sum(Expected(0, 0.0, 0.0), Figures(1, 1.0)) == "differs"


def test_cells_that_either_side_knows_by_day_and_series() -> None:
    wanted = {Cell(ROOM, 3): of([5.0]), Cell(ROOM, 1): of([5.0])}
    found = {Cell(ROOM, 2): Figures(1, 5.0), Cell(ROOM, 1): Figures(1, 5.0)}
    told = [(cell.day, kind) for cell, kind, *_ in cells(wanted, found, exactly)]
    assert told == [(2, "more"), (3, "missing")]


def test_a_server_that_keeps_any_value_of_an_instant_may_differ_where_several_claim_one() -> None:
    judge = keeping_any(exactly)
    assert judge(Expected(3, 15, 15, contested=1), Figures(3, 16)) == "contested"
    assert judge(Expected(3, 15, 15), Figures(3, 16)) == "differs"
    assert judge(Expected(3, 15, 15, contested=1), Figures(2, 10)) == "fewer"
    assert judge(Expected(3, 15, 15, contested=1), Figures(3, 15)) is None


def test_what_was_withdrawn_is_told_and_nobody_must_act() -> None:
    tags = (("edge", "edge-1"), ("device", "fridge-1"))
    found = Difference("epihub_reading", "value", tags, 3, "withdrawn", Figures(), Figures(1, 5.0))
    assert not found.wrong
    assert found._replace(kind="more").wrong
    assert found.cell == Cell(ROOM, 3)

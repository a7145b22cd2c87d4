"""Cursors: what was made comes back, and nothing else is accepted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.contract import BadCursor
from storage.cursors import LONGEST_CURSOR, bounded, decode, encode

integers = st.integers(-(2**63) + 1, 2**63 - 1)


@given(integers, integers)
def test_a_place_comes_back(time_ms: int, number: int) -> None:
    assert decode("results", encode("results", time_ms, number), (int, int)) == (time_ms, number)


@given(st.text(max_size=300))
@example("A" * 257)
@example(encode("results", 1))
@example(encode("results", 2**63, 1))
@example(encode("results", True, 1))
@example(encode("results", "1", 1))
@example(encode("readings", 1, 1))
@example(encode("results", 1, 1) + "=")
@example("W" * 200)
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode("results", cursor, (int, int))


def test_a_cursor_is_bounded_before_it_is_read() -> None:
    assert decode("results", encode("results", "x" * 100), (str,)) == ("x" * 100,)
    with pytest.raises(BadCursor, match="malformed"):
        decode("results", encode("results", "x" * LONGEST_CURSOR), (str,))


@pytest.mark.parametrize(("limit", "given_limit"), [(-5, 1), (0, 1), (1, 1), (1000, 1000), (10**12, 1000)])
def test_pages_are_bounded(limit: int, given_limit: int) -> None:
    assert bounded(limit) == given_limit

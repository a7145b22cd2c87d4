"""Times as a person writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import OperatorError
from storage.exporting.window import window_of
from storage.lab_days import day_number

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = [datetime(2026, 11, day, tzinfo=ZONE) for day in range(20, 27)]


def test_a_date_is_midnight_at_the_hub() -> None:
    window = window_of("2026-11-22", "2026-11-23T01:00:00+07:00", ZONE, 0)
    assert window.from_ms == datetime(2026, 11, 21, 17, tzinfo=UTC).timestamp() * 1000
    assert window.to_ms - window.from_ms == 25 * 3600 * 1000


@given(st.integers(0, 7200), st.integers(1, 10_000))
def test_days_are_those_that_begin_inside(after: int, minutes: int) -> None:
    from_ms = round((WEEK[0] + timedelta(minutes=after)).timestamp() * 1000)
    window = window_of("", "", ZONE, 0)._replace(from_ms=from_ms, to_ms=from_ms + minutes * 60_000)
    first, end = window.days
    inside = [day for day in WEEK if window.from_ms <= day.timestamp() * 1000 < window.to_ms]
    assert [day for day in WEEK if first <= day_number(day.date()) < end] == inside


def test_all_days_are_in_all_times() -> None:
    first, end = window_of("", "", ZONE, 0).days
    assert first <= day_number(date(1000, 1, 1)) < day_number(date(9999, 12, 30)) < end


@pytest.mark.parametrize(
    "text", ["soon", "2026-11-22T10:00:00", "2026-13-01", "2026-11-22T10", "9" * 50, "0001-01-01", "=1"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="--to: a date"):
        window_of("", text, ZONE, 0)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(OperatorError, match="not before"):
        window_of("2026-11-22", "2026-11-22", ZONE, 0)

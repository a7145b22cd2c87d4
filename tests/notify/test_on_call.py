"""Who has the duty."""

from zoneinfo import ZoneInfo

import pytest

from hub.notify.on_call import on_duty
from hub.notify.settings import Schedule, Shift
from tests.notify.made import MINUTE, NOON

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = 60
# Monday and Friday nights, Tuesdays by day, all of Sunday
ROSTER = Schedule(
    "r",
    "otherwise",
    (
        Shift((0, 4), 17 * HOUR, 7 * HOUR, "night"),
        Shift((1,), 7 * HOUR, 17 * HOUR, "day"),
        Shift((6,), 0, 0, "sunday"),
    ),
)


@pytest.mark.parametrize(
    ("days", "hour", "minute", "person"),
    [
        (0, 12, 0, "day"),
        (0, 7, 0, "day"),
        (0, 6, 59, "night"),  # of Monday
        (0, 17, 0, "otherwise"),
        (-1, 17, 0, "night"),
        (-1, 16, 59, "otherwise"),
        (-1, 0, 0, "otherwise"),
        (5, 0, 0, "sunday"),
        (5, 23, 59, "sunday"),
        (6, 0, 0, "otherwise"),
        (4, 6, 59, "night"),  # of Friday
        (4, 7, 0, "otherwise"),
    ],
)
def test_the_first_shift_that_covers_it(days: int, hour: int, minute: int, person: str) -> None:
    """Days after the Tuesday of the table above."""
    at_ms = NOON + ((days * 24 + hour - 12) * 60 + minute) * MINUTE
    assert on_duty(ROSTER, at_ms, ZONE) == person

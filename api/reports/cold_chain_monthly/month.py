"""The month that a report is about, in the hub's time zone."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.local_days import begin_ms

# Of how many days after its end a month is closed: until then late data and decisions come in.
CLOSING_DAYS = 5
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Month:
    """``[from_ms, to_ms)`` is what is told: the month, of one that goes on up to the last whole hour.

    What people and the hub did counts up to ``cutoff_ms``. ``final``: the month is closed.
    """

    first: date
    from_ms: int
    to_ms: int
    cutoff_ms: int
    final: bool


def month_of(text: str, now_ms: int, zone: ZoneInfo) -> Month | None:
    """Of YYYY-MM as one may tell it now; None before its first hour is over."""
    year, number = int(text[:4]), int(text[5:])
    first = date(year, number, 1)
    following = date(year + number // 12, number % 12 + 1, 1)
    from_ms, end_ms = begin_ms(first, zone), begin_ms(following, zone)
    hour_ms = now_ms - now_ms % _HOUR_MS
    closed_ms = end_ms + CLOSING_DAYS * _DAY_MS
    to_ms = min(end_ms, hour_ms)
    if to_ms <= from_ms:
        return None
    return Month(first, from_ms, to_ms, min(closed_ms, hour_ms), hour_ms >= closed_ms)

"""When a reading was taken, as the device says it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

LONGEST_TEXT = 40
# A clock before this has never been set (Tasmota starts at 1970, RTC chips at 2000): no time at all.
FIRST_BELIEVED_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
SKEW_MS = 2 * 60 * 1000  # domain notes 1.5: flag a clock that is off by over 2 min
FUTURE_MS = 24 * 60 * 60 * 1000  # and refuse a time over 24 h ahead
# Unix seconds reach this in 5138, Unix milliseconds left it in 1973.
_SECONDS_BELOW = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """``time_ms`` None: the device gave none that can be believed; ``reason`` says what is wrong with it."""

    time_ms: int | None
    reason: str | None = None

    @property
    def refused(self) -> bool:
        """So far in the future that the reading cannot be placed."""
        return self.reason == "time_future"


def moment(said: Any, zone: ZoneInfo, received_ms: int) -> Moment:
    """What ``said`` means: ISO 8601 text (in ``zone`` where it names none), Unix seconds or milliseconds."""
    if said is None:
        return Moment(None, "time_missing")
    time_ms, reason = _read(said, zone)
    if time_ms is None:
        return Moment(None, "time_unreadable")
    if time_ms < FIRST_BELIEVED_MS:
        return Moment(None, "time_unset")
    if time_ms > received_ms + FUTURE_MS:
        return Moment(time_ms, "time_future")
    if time_ms > received_ms + SKEW_MS:
        return Moment(time_ms, "time_ahead")
    return Moment(time_ms, reason)


def _read(said: Any, zone: ZoneInfo) -> tuple[int | None, str | None]:
    if isinstance(said, str):
        return _iso(said, zone)
    if isinstance(said, bool) or not isinstance(said, int | float) or not isfinite(said):
        return None, None
    if not 0 <= said < 1_000_000_000_000_000:
        return None, None
    return round(said * 1000 if said < _SECONDS_BELOW else said), None


def _iso(said: str, zone: ZoneInfo) -> tuple[int | None, str | None]:
    """Milliseconds; a local time that two instants share, or none has (clock change), is marked."""
    if not (
        said.isascii() and 15 <= len(said) <= LONGEST_TEXT
    ):  # 20240103T163228 is the shortest with a time
        return None, None
    try:
        read = datetime.fromisoformat(said)
        local = read.replace(tzinfo=zone) if read.tzinfo is None else read
        doubtful = local.utcoffset() != local.replace(fold=1).utcoffset()
        return round(local.timestamp() * 1000), "time_ambiguous" if doubtful else None
    except (ValueError, OverflowError):
        return None, None

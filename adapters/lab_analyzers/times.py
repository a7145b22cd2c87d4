"""HL7 time stamps: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ] (HL7 2.5.1, 2.A.22)."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

FUTURE_MS = 600_000  # an observation cannot be later than now; ten minutes are left for a clock that drifts
EARLIEST_MS = 1_136_073_600_000  # 2006-01-01: before it, the battery of the machine's clock is empty
_MAX_OFFSET_MINUTES = 14 * 60  # UTC+14, Line Islands
_OFFSET_CHARACTERS = 5
_SECONDS = frozenset(f"{second:02d}" for second in range(60))

_STAMP = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.([0-9]{1,4}))?)?)?)?"
    r"(?:([+-])([0-9]{2})([0-9]{2}))?",
    re.ASCII,
)


def to_ms(stamp: str, zone: tzinfo) -> int | None:
    """Unix ms of ``stamp``, in ``zone`` where it names none; None when it is no time of day or day.

    A year or month alone is no time of an observation and gives None.
    """
    seconds, rest = stamp[12:14], stamp[14:]
    if seconds in _SECONDS and (not rest or len(rest) == _OFFSET_CHARACTERS):
        minute_ms = _read(stamp[:12] + rest, zone)  # most stamps of a busy minute share it
        return None if minute_ms is None else minute_ms + 1000 * int(seconds)
    return _read(stamp, zone)


@lru_cache(maxsize=2048)
def _read(stamp: str, zone: tzinfo) -> int | None:
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=_offset(sign, int(offset_hours), int(offset_minutes)) if sign else zone,
        )  # fmt: skip
        return int(moment.timestamp()) * 1000 + int((fraction or "0").ljust(3, "0")[:3])
    except (ValueError, OverflowError):
        return None


def _offset(sign: str, hours: int, minutes: int) -> timezone:
    total = hours * 60 + minutes
    if total > _MAX_OFFSET_MINUTES or minutes > 59:
        raise ValueError("no such offset")
    return timezone(timedelta(minutes=-total if sign == "-" else total))


def is_plausible(time_ms: int, received_ms: int) -> bool:
    """Whether something received at ``received_ms`` can have been observed at ``time_ms``."""
    return EARLIEST_MS <= time_ms <= received_ms + FUTURE_MS

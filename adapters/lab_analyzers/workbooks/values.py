"""What a number in a cell reads as: digits, or a time where its format says so.

Formats: ECMA-376 part 1, 18.8.30 (numFmt); BIFF8 uses the same ids and codes.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

TIME_FORM = "%Y-%m-%d %H:%M:%S"  # how a time in a cell is written as text
_EXACT_INTEGER = 10**15  # a cell holds 15 digits; more would be invented
_BUILT_IN_TIMES = frozenset((*range(14, 23), *range(27, 37), *range(50, 59)))
_BUILT_IN_LARGEST = 163
_FIRST_AFTER_LEAP_BUG = 60  # the 1900 system counts a 29 February 1900, which never was
_LAST_DAY = 2_958_465  # 9999-12-31
_NO_PATTERN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_PADDED = re.compile(r"0{2,32}", re.ASCII)


class Kind(Enum):
    """What a number format makes of a number."""

    NUMBER = 0
    TIME = 1
    PADDED = 2  # 0000000: an id with its zeros in front


def kind_of(format_id: int, codes: Mapping[int, str]) -> tuple[Kind, int]:
    """The kind of a format, and how many digits a padded one has."""
    code = codes.get(format_id)
    if code is None or (code == "" and format_id <= _BUILT_IN_LARGEST):
        return (Kind.TIME if format_id in _BUILT_IN_TIMES else Kind.NUMBER), 0
    if _PADDED.fullmatch(code):
        return Kind.PADDED, len(code)
    pattern = _NO_PATTERN.sub("", code).partition(";")[0].lower()
    is_time = pattern != "general" and any(letter in pattern for letter in "ymdhs")
    return (Kind.TIME if is_time else Kind.NUMBER), 0


def text_of(number: float, style: tuple[Kind, int], *, from_1904: bool) -> str:
    """A cell's number as text: 15 digits as the program shows them, a whole one without a point."""
    kind, digits = style
    if not math.isfinite(number):
        return ""
    if kind is Kind.TIME and 0 <= number <= _LAST_DAY:
        return _time(number, from_1904=from_1904)
    if number.is_integer() and abs(number) < _EXACT_INTEGER:
        return str(int(number)).zfill(digits if number >= 0 else 0)
    return format(number, ".15g")


def _time(serial: float, *, from_1904: bool) -> str:
    if from_1904:
        start = datetime(1904, 1, 1)  # noqa: DTZ001 - the zone is the device's, given where times are read
    else:
        start = datetime(1899, 12, 30 if serial >= _FIRST_AFTER_LEAP_BUG else 31)  # noqa: DTZ001
    try:
        return (start + timedelta(seconds=round(serial * 86_400))).strftime(TIME_FORM)
    except OverflowError:
        return ""

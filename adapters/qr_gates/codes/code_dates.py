"""Dates as cards and apps write them: day first without separators, or with slashes, or year first."""

import re
from datetime import date

from adapters.qr_gates.codes.shown_code import Birth

_SHAPES = (
    re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})(?:[/.-](?P<month>\d{1,2}))?"),
)
EARLIEST_YEAR, LATEST_YEAR = 1890, 2100


def birth_of(text: str) -> Birth | None:
    """A whole date, a month or a year; None where it is none of them, or no day of the calendar."""
    for shape in _SHAPES:
        if found := shape.fullmatch(text.strip()):
            parts = {name: int(value) for name, value in found.groupdict().items() if value}
            return _checked(parts["year"], parts.get("month"), parts.get("day"))
    return None


def date_of(text: str) -> date | None:
    """A whole date, or None."""
    found = birth_of(text)
    return date(found.year, found.month, found.day) if found and found.month and found.day else None


def _checked(year: int, month: int | None, day: int | None) -> Birth | None:
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return Birth(year, month, day) if EARLIEST_YEAR <= year <= LATEST_YEAR else None

"""Readings of a UTC day as line protocol, from the tables as they stand: what history and repair send.

Whoever sends them may send them again: a line says what stands at its instant, and takes the place of an
earlier one.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from storage.influx.lines import EARLIEST_MS, LATEST_MS, OverLimitError, UnwritableError
from storage.influx.measurements.readings import lines_of_series, point
from storage.influx.pages import Unwritable
from storage.projections import ProjectionReader, SeriesDay

DAY_MS = 86_400_000
# Series that the store is asked for at once: as many as it gives.
SERIES_AT_ONCE = 200
MOST_LINES = 5000
FIRST_DAY, LAST_DAY = EARLIEST_MS // DAY_MS, LATEST_MS // DAY_MS - 1

# How the lines of a series begin; raises UnwritableError, OverLimitError (pages.PageOfLog.prefix_of).
PrefixOf = Callable[[int], str]


class DayPage(NamedTuple):
    """``lines`` without newlines; ``unwritable``: one of each series that no line can name.

    Series beyond the projection's limit have no lines: the limit counts them.
    """

    lines: list[str]
    unwritable: list[Unwritable]


async def pages_of_day(
    reader: ProjectionReader,
    day: int,
    series: Sequence[int],
    prefix_of: PrefixOf,
    *,
    most_lines: int = MOST_LINES,
    skip_damaged: bool = False,
) -> AsyncIterator[DayPage]:
    """What ``series`` (numbers) read on ``day`` (days since 1970-01-01, UTC), at most ``most_lines`` a page.

    By series, each oldest first; days that no server keeps have none. Raises StoreUnavailable, for a damaged
    chunk too; ``skip_damaged``: its series has no lines of that day.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        return
    async for days in days_of_readings(reader, day, series, skip_damaged=skip_damaged):
        for page in _pages(days, prefix_of, most_lines):
            yield page


async def days_of_readings(
    reader: ProjectionReader, day: int, series: Sequence[int], *, skip_damaged: bool = False
) -> AsyncIterator[list[SeriesDay]]:
    """The readings of ``series`` on ``day``, as many at a time as the store gives."""
    rest = list(series)
    while rest:
        found = await reader.day_of_readings(day, rest[:SERIES_AT_ONCE], skip_damaged=skip_damaged)
        yield found
        del rest[: len(found)]


def lines_of_day(found: SeriesDay, prefix: str) -> list[str]:
    """Lines of one series; raises UnwritableError."""
    if not found.contested:
        return lines_of_series(prefix, found.ts, found.values, found.qualities)
    columns = zip(found.ts, found.values, found.qualities, strict=True)
    lines = (
        point(prefix, at, None if value != value else value, quality, contested=at in found.contested)
        for at, value, quality in columns
    )
    return [line for line in lines if line is not None]


def _pages(days: Iterable[SeriesDay], prefix_of: PrefixOf, most_lines: int) -> Iterator[DayPage]:
    unwritable: list[Unwritable] = []
    lines = _lines(days, prefix_of, unwritable)
    while page := list(islice(lines, most_lines)):
        yield DayPage(page, unwritable[:])
        unwritable.clear()
    if unwritable:
        yield DayPage([], unwritable[:])


def _lines(days: Iterable[SeriesDay], prefix_of: PrefixOf, unwritable: list[Unwritable]) -> Iterator[str]:
    for found in days:
        if not found.ts:
            continue
        try:
            yield from lines_of_day(found, prefix_of(found.series))
        except OverLimitError:
            continue
        except UnwritableError as error:
            unwritable.append(Unwritable(0, str(error)))

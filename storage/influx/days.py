"""Readings of a UTC day as line protocol, from the tables as they stand: what history and repair send.

Whoever sends them may send them again: a line has the instant it is about, so it takes the place of its earlier self.
"""

from collections.abc import AsyncIterator, Sequence

from storage.projections import ProjectionReader, Series

# Series read at once: a probe that reports every 10 s has 8640 readings a day.
SERIES_AT_ONCE = 64


async def pages_of_day(
    reader: ProjectionReader, day: int, series: Sequence[Series], *, most_lines: int = 5000
) -> AsyncIterator[list[str]]:
    """Lines of the readings that ``series`` have on ``day`` (days since 1970-01-01, UTC), in pages.

    By series, each oldest first; a page has 1 to ``most_lines`` lines. Raises hub.errors.StoreUnavailable.
    """
    raise NotImplementedError
    yield []

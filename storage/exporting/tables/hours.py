"""Hourly figures of readings: those that are kept for years, as the API gives them."""

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from storage.chunks import DAY_MS
from storage.exporting.columns import PLACE, Row, integer, number, text, time
from storage.exporting.moment import Moment, rows_of
from storage.exporting.window import Window
from storage.readings import Series
from storage.rollup import HOUR_MS, Figures

SERIES_AT_ONCE = 64  # times 24 hours a block
_SERIES = """
SELECT series.series, site, edge, device, metric, unit, latest.first_ts, latest.ts
FROM series JOIN latest ON latest.series = series.series ORDER BY series.series
"""


class _Known(NamedTuple):
    """A series and the days in which it has figures."""

    series: int
    names: Series
    first_day: int
    last_day: int


_COLUMNS = (
    time("hour", "when it begins"),
    *PLACE,
    text("metric", "what is measured"),
    text("unit", "of the figures (UCUM)"),
    number("min", "the least value"),
    number("max", "the greatest value"),
    number("mean", "of the values"),
    integer("count", "how many readings"),
)


class Hours:
    """One row for each series and UTC hour that has readings that are not BAD."""

    name = "hours"
    about = "Hourly figures of readings that are not BAD: by UTC day, within it series after series."
    time = "hour"
    columns = _COLUMNS

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        known = await _known(moment, window)
        for day in sorted({day for one in known for day in range(one.first_day, one.last_day + 1)}):
            bounds = _whole(max(window.from_ms, day * DAY_MS)), _whole(min(window.to_ms, (day + 1) * DAY_MS))
            some = [one for one in known if one.first_day <= day <= one.last_day]
            for place in range(0, len(some) if bounds[0] < bounds[1] else 0, SERIES_AT_ONCE):
                at_once = some[place : place + SERIES_AT_ONCE]
                figures = await moment.hours([one.series for one in at_once], *bounds)
                yield [row for one in at_once for row in _rows(one.names, figures[one.series].items())]

    async def total(self, moment: Moment, window: Window) -> int:
        """As if no hour were without a reading."""
        return sum(24 * (one.last_day - one.first_day + 1) for one in await _known(moment, window))


async def _known(moment: Moment, window: Window) -> list[_Known]:
    found = []
    for series, *names, first, last in await rows_of(moment, _SERIES):
        first_day, last_day = max(first, window.from_ms) // DAY_MS, min(last, window.to_ms - 1) // DAY_MS
        if first_day <= last_day:
            found.append(_Known(series, Series(*names), first_day, last_day))
    return found


def _whole(at_ms: int) -> int:
    """The first hour that begins at ``at_ms`` or later."""
    return -(-at_ms // HOUR_MS) * HOUR_MS


def _rows(names: Series, hours: Iterable[tuple[int, Figures]]) -> Iterable[Row]:
    place = (names.site, names.edge, names.device, names.metric, names.unit)
    for start, each in sorted(hours):
        yield (start, *place, each.least, each.greatest, each.mean, each.readings)


TABLES = (Hours(),)

"""Readings: number and sum of the values of each series and day, and of the qualities that are said."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from math import fsum, isfinite

from storage.influx.comparing import Cell, Expected, Rule, exactly
from storage.influx.days import FIRST_DAY, LAST_DAY, days_of_readings, pages_of_day
from storage.influx.lines import UnwritableError
from storage.influx.measurements import readings
from storage.influx.reading.read_back import Point
from storage.influx.series_book import SeriesBook
from storage.influx.verifying.subject import NO_DAYS, Days, Wanted
from storage.projections import ProjectionReader, Series, SeriesDay

MOST_DAYS = 31
# Series times days that are held at once, of the store's side and of the server's.
MOST_CELLS = 20_000


class Readings:
    """Of ``series`` those that a line can name and that the projection may have."""

    name = readings.NAME
    tags = readings.TAGS
    rules: Mapping[str, Rule] = {"value": exactly, "quality": exactly}

    def __init__(self, reader: ProjectionReader, book: SeriesBook, series: Sequence[Series]) -> None:
        self._reader = reader
        self._book = book
        self._tags = {each.series: each[1:] for each in series if self._writable(each.series)}
        self._numbers = {tags: number for number, tags in self._tags.items()}

    async def days(self) -> Days:
        found = await self._reader.reading_days()
        if found is None:
            return NO_DAYS
        return Days(found[0], found[1] + 1).within(Days(FIRST_DAY, LAST_DAY + 1))

    def knows(self, tags: tuple[str, ...]) -> bool:
        return tags in self._numbers

    def length(self) -> int:
        return max(1, min(MOST_DAYS, MOST_CELLS // max(1, len(self._tags))))

    async def wanted(self, days: Days) -> Wanted:
        values: dict[Cell, Expected] = {}
        qualities: dict[Cell, Expected] = {}
        for day in range(*days):
            async for page in days_of_readings(self._reader, day, list(self._tags)):
                for found in page:
                    cell = Cell(self._tags[found.series], day)
                    value, quality = figures(found)
                    if value != Expected():
                        values[cell] = value
                    if quality.count:
                        qualities[cell] = quality
        return {"value": values, "quality": qualities}

    async def pages(self, cells: Collection[Cell]) -> AsyncIterator[list[str]]:
        for day, series in self._by_day(cells).items():
            async for page in pages_of_day(self._reader, day, series, self._book.reading_prefix):
                yield page.lines

    async def taken_back(self, cells: Collection[Cell]) -> list[Point]:
        points: list[Point] = []
        for day, series in self._by_day(cells).items():
            async for page in days_of_readings(self._reader, day, series):
                for found in page:
                    points += [Point(self._tags[found.series], at) for at in sorted(_without_value(found))]
        return points

    def _by_day(self, cells: Collection[Cell]) -> dict[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for cell in sorted(cells):
            if cell.tags in self._numbers:
                found[cell.day].append(self._numbers[cell.tags])
        return found

    def _writable(self, series: int) -> bool:
        try:
            self._book.reading_prefix(series)
        except UnwritableError:
            return False
        return True


def figures(day: SeriesDay) -> tuple[Expected, Expected]:
    """Of the fields value and quality."""
    if not any(day.qualities) and not day.contested and isfinite(sum(day.values)):
        return Expected(len(day.values), fsum(day.values), fsum(map(abs, day.values))), Expected()
    values = [
        value
        for value, quality in zip(day.values, day.qualities, strict=True)
        if quality < readings.BAD and value == value
    ]
    said = [
        quality
        for at, quality in zip(day.ts, day.qualities, strict=True)
        if quality != readings.GOOD or at in day.contested
    ]
    taken_back, contested = len(_without_value(day)), len(day.contested)
    value = Expected(len(values), fsum(values), fsum(map(abs, values)), taken_back, contested)
    return value, Expected(len(said), float(sum(said)), float(sum(said)), contested=contested)


def _without_value(day: SeriesDay) -> set[int]:
    """Instants that had a value once, perhaps, and have none: of what is contested or was withdrawn."""
    columns = zip(day.ts, day.values, day.qualities, strict=True)
    with_value = {at for at, value, quality in columns if quality < readings.BAD and value == value}
    return set(day.contested) - with_value

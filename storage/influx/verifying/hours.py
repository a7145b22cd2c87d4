"""Hours of gates and analyzers: the sum of what they count, of each series and day."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from storage.gates import COUNTED
from storage.influx.closed_hours import closed_before, first_unsettled
from storage.influx.comparing import Cell, Expected, Rule, by_sum
from storage.influx.days import FIRST_DAY
from storage.influx.lines import SeriesPrefixes, UnwritableError
from storage.influx.measurements import analyzer_hours, gate_hours
from storage.influx.reading.read_back import Point
from storage.influx.series_book import SeriesBook
from storage.influx.verifying.subject import Days, Wanted
from storage.projections import AnalyzerHour, GateHourKey, GateHourRow, ProjectionReader

MOST_DAYS = 31
# The store has no list of days on which something counts: whoever looks back stops after so many without.
EMPTY_DAYS = 400
R = TypeVar("R", GateHourRow, AnalyzerHour)


class Settled(NamedTuple):
    """Hours before ``first`` are there, those before ``closed`` are being sent, others are not over."""

    first: int
    closed: int


def settled_hours(settled_at_ms: int, now_ms: int) -> Settled:
    """Of a projection whose number was settled then."""
    return Settled(first_unsettled(settled_at_ms, now_ms), closed_before(now_ms))


class Hours(ABC, Generic[R]):
    """Rows of hours, read day by day as they stand; ``days`` as ``days_of_hours`` finds them."""

    name: str
    tags: tuple[str, ...]
    rules: Mapping[str, Rule]

    def __init__(self, reader: ProjectionReader, book: SeriesBook, days: Days, settled: Settled) -> None:
        self._reader = reader
        self._prefixes = book.prefixes(self.name)
        self._days = days
        self._settled = settled

    @abstractmethod
    async def rows(self, day: int) -> list[R]:
        """All of a day."""

    @abstractmethod
    def counts(self, row: R) -> dict[str, int]:
        """By field."""

    @abstractmethod
    def values(self, row: R) -> tuple[str, ...]:
        """Of the tags."""

    @abstractmethod
    def lines(self, row: R, series: SeriesPrefixes) -> Iterator[str]:
        """Raises UnwritableError."""

    async def days(self) -> Days:
        return self._days

    def knows(self, tags: tuple[str, ...]) -> bool:
        return False

    def length(self) -> int:
        return MOST_DAYS

    async def wanted(self, days: Days) -> Wanted:
        sums: dict[str, defaultdict[Cell, list[int]]]
        sums = {name: defaultdict(lambda: [0, 0]) for name in self.rules}
        for day in range(*days):
            for row in await self.rows(day):
                cell = Cell(self.values(row), day)
                for name, count in self.counts(row).items() if self._writable(cell) else ():
                    sums[name][cell][row.key.hour >= self._settled.first] += count
        return {name: _expected(cells) for name, cells in sums.items()}

    async def pages(self, cells: Collection[Cell]) -> AsyncIterator[list[str]]:
        wanted = set(filter(self._writable, cells))
        for day in sorted({cell.day for cell in wanted}):
            rows = [
                row
                for row in await self.rows(day)
                if row.key.hour < self._settled.closed and Cell(self.values(row), day) in wanted
            ]
            yield [line for row in rows for line in self.lines(row, self._prefixes)]

    async def taken_back(self, cells: Collection[Cell]) -> list[Point]:
        """None: an hour in which nothing counts any more is said to count 0."""
        return []

    def _writable(self, cell: Cell) -> bool:
        try:
            self._prefixes.of(cell.tags)
        except UnwritableError:
            return False
        return True


class GateHours(Hours[GateHourRow]):
    """What gates counted: a field for each of storage.gates.COUNTED."""

    name = gate_hours.NAME
    tags = gate_hours.TAGS
    rules = dict.fromkeys(COUNTED, by_sum)

    async def rows(self, day: int) -> list[GateHourRow]:
        keys, _ = await self._reader.hours_of_day(day)
        return await self._reader.standing_gate_hours(keys) if keys else []

    def counts(self, row: GateHourRow) -> dict[str, int]:
        return dict(zip(COUNTED, row.counts, strict=True))

    def values(self, row: GateHourRow) -> tuple[str, ...]:
        return tags_of_gate(row.key)

    def lines(self, row: GateHourRow, series: SeriesPrefixes) -> Iterator[str]:
        return gate_hours.lines(row, series)


class AnalyzerHours(Hours[AnalyzerHour]):
    """How many current results an analyzer has, by call."""

    name = analyzer_hours.NAME
    tags = analyzer_hours.TAGS
    rules = {"results": by_sum}  # noqa: RUF012  nobody changes it

    async def rows(self, day: int) -> list[AnalyzerHour]:
        _, keys = await self._reader.hours_of_day(day)
        return await self._reader.analyzer_hours(keys) if keys else []

    def counts(self, row: AnalyzerHour) -> dict[str, int]:
        return {"results": row.results}

    def values(self, row: AnalyzerHour) -> tuple[str, ...]:
        return row.key.site, row.key.device, row.call

    def lines(self, row: AnalyzerHour, series: SeriesPrefixes) -> Iterator[str]:
        return analyzer_hours.lines(row, series)


async def days_of_hours(reader: ProjectionReader, today: int) -> Days:
    """From the first day on which gates or analyzers count anything to ``today``."""
    first, day = today + 1, today
    while day >= max(FIRST_DAY, first - EMPTY_DAYS):
        if any(await reader.hours_of_day(day)):
            first = day
        day -= 1
    return Days(first, today + 1)


def tags_of_gate(key: GateHourKey) -> tuple[str, ...]:
    """In the order of the measurement's tags."""
    return key.site, key.edge, key.device, key.zone


def _expected(sums: Mapping[Cell, Sequence[int]]) -> dict[Cell, Expected]:
    return {
        cell: Expected(int(total > 0), float(total), float(total), closing=float(closing))
        for cell, (total, closing) in sums.items()
    }

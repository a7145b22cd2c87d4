"""The series of one projection: those of the store by number, and how the lines of each begin. Pure."""

from collections.abc import Iterable

from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import SeriesPrefixes, UnwritableError
from storage.influx.measurements import measurements, readings
from storage.projections import Series

Names = tuple[str, ...]  # of a series of readings: site, edge, device, metric, unit


class SeriesBook:
    """Lives as long as its projection runs; no more series than ``limit`` lets in."""

    def __init__(self, limit: SeriesLimit) -> None:
        self.limit = limit
        self._names: dict[int, Names] = {}
        self._numbers: dict[Names, int] = {}
        self._prefixes = {
            each.NAME: SeriesPrefixes(each.NAME, each.TAGS, limit.admit) for each in measurements()
        }
        self._readings = self._prefixes[readings.NAME]

    def know(self, series: Iterable[Series]) -> None:
        """All series of the store, oldest first: so a new process lets in those that the last one did."""
        for number, *names in series:
            if number not in self._names:
                key = self._names[number] = tuple(map(str, names))
                self._numbers[key] = number
                self._reserve(key)

    def number_of(self, names: Names) -> int | None:
        """The store's number of a series; None: ``know`` was not told of it."""
        return self._numbers.get(names)

    def knows(self, series: int) -> bool:
        """Whether ``know`` was told of it."""
        return series in self._names

    def reading_prefix(self, series: int) -> str:
        """How the lines of a series of readings begin.

        Raises UnwritableError, OverLimitError; KeyError for one that ``know`` was not told of.
        """
        return self._readings.of(self._names[series])

    def prefixes(self, measurement: str) -> SeriesPrefixes:
        """Of a measurement, by its name."""
        return self._prefixes[measurement]

    def _reserve(self, names: Names) -> None:
        try:
            self._readings.of(names)
        except UnwritableError:
            return  # said when a reading of it comes

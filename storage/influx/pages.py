"""A page of the log as lines: what its events tell, and what of the store must be asked for them. Pure.

page = await reader.log_page(number, limit=5000, types=event_types())
found = pages.read(page)     # again, after pages.know(await reader.series()), if unknown_series
found.settle(await reader.contested(found.instants))
await add_hours(found, reader, page.gate_hours, page.analyzer_hours, hours_before)   # closed_hours.py
send(found.lines); when they are settled: number = found.last
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from hub.payloads import Reading
from storage.contract import LoggedEvent
from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import OverLimitError, UnwritableError
from storage.influx.measurements import analyzer_hours, gate_hours, hub, measurements, readings
from storage.influx.measurements.hub import HubSample
from storage.influx.measurements.measurement import Measurement, Told
from storage.influx.series_book import SeriesBook
from storage.influx.told_events import told_by
from storage.projections import AnalyzerHour, GateHourRow, LogPage, Series, Standing


class Line(NamedTuple):
    """A point and the number of its event; 0: of an hour, a sample, an instant that another event touched."""

    text: str
    number: int


class Unwritable(NamedTuple):
    """What no line can say: for ``projection_rejected``, with a code and no text of the event's."""

    number: int
    reason: str


class PageLines:
    """Lines of a page, in the order of the log; ``last``: how far the log was looked at.

    ``instants`` (series, ts) are to be asked of ``contested``. ``over_limit``: so many lines were not made,
    their series are more than the projection may have. ``unknown_series``: some are not in the book.
    """

    def __init__(self, book: SeriesBook, last: int = 0) -> None:
        self.lines: list[Line] = []
        self.last = last
        self.unwritable: list[Unwritable] = []
        self.over_limit = 0
        self.unknown_series = False
        self.instants: list[tuple[int, int]] = []
        self._book = book
        self._instants_of_lines: list[tuple[int, tuple[int, int]]] = []  # place in lines, instant

    def add(self, number: int, lines: Iterator[str]) -> None:
        """Lines of one source; of what is unwritable, that is said."""
        try:
            for text in lines:
                self.lines.append(Line(text, number))
        except OverLimitError:
            self.over_limit += 1
        except UnwritableError as error:
            self.unwritable.append(Unwritable(number, str(error)))

    def add_reading(self, number: int, told: Told, reading: Reading) -> None:
        """The reading as its event has it, and its instant."""
        before = len(self.lines)
        self.add(number, readings.lines(told, self._book.prefixes(readings.NAME)))
        series = self._book.number_of((told.site, told.edge, told.device, reading.metric, reading.unit))
        if series is None:
            self.unknown_series = True
            return
        instant = (series, told.time_ms)
        self.instants.append(instant)
        if len(self.lines) > before:
            self._instants_of_lines.append((before, instant))

    def touched(self, instants: Iterable[tuple[int, int]]) -> None:
        """Instants that other events may have changed."""
        self.instants = list(dict.fromkeys([*self.instants, *instants]))
        self.unknown_series |= not all(self._book.knows(series) for series, _ in self.instants)

    def settle(self, standing: Iterable[Standing]) -> None:
        """Readings as the store says they stand, in the place of what their events said."""
        for each in standing:
            places = self._places.get((each.series, each.ts), ())
            before = len(self.lines)
            self.add(0, self._as_it_stands(each))
            if places and len(self.lines) > before:
                text = self.lines.pop().text
                for place in places:
                    self.lines[place] = Line(text, self.lines[place].number)

    def add_gate_hours(self, rows: Iterable[GateHourRow]) -> None:
        """Hours of gates as they stand."""
        for row in rows:
            self.add(0, gate_hours.lines(row, self._book.prefixes(gate_hours.NAME)))

    def add_analyzer_hours(self, rows: Iterable[AnalyzerHour]) -> None:
        """Hours of analyzers as they stand."""
        for row in rows:
            self.add(0, analyzer_hours.lines(row, self._book.prefixes(analyzer_hours.NAME)))

    def _as_it_stands(self, standing: Standing) -> Iterator[str]:
        prefix = self._book.reading_prefix(standing.series)
        line = readings.point(prefix, standing.ts, standing.value, standing.quality, contested=True)
        if line is not None:
            yield line

    @cached_property
    def _places(self) -> dict[tuple[int, int], list[int]]:
        """Where the lines of an instant are; asked for after the whole page was read."""
        found: dict[tuple[int, int], list[int]] = {}
        for place, instant in self._instants_of_lines:
            found.setdefault(instant, []).append(place)
        return found


class PageOfLog:
    """Reads pages of a projection's log; lives as long as its projection runs."""

    def __init__(self, limit: SeriesLimit) -> None:
        self.book = SeriesBook(limit)
        self._of_type: dict[str, list[Measurement]] = {}
        for each in measurements():
            for event_type in each.TYPES:
                self._of_type.setdefault(event_type, []).append(each)

    def know(self, series: Iterable[Series]) -> None:
        """All series of the store, oldest first: so a new process lets in those that the last one did."""
        self.book.know(series)

    def prefix_of(self, series: int) -> str:
        """SeriesBook.reading_prefix."""
        return self.book.reading_prefix(series)

    def read(self, page: LogPage) -> PageLines:
        """What the page says; events of other types say nothing. What is unwritable is in the answer."""
        found = PageLines(self.book, page.last)
        for event in page.events:
            measurements_of_it = self._of_type.get(event.type)
            if measurements_of_it:
                self._tell(found, event, measurements_of_it)
        found.touched(page.instants)
        return found

    def sample(self, sample: HubSample) -> PageLines:
        """A sample of the hub's figures as lines."""
        found = PageLines(self.book)
        found.add(0, hub.lines(sample, self.book.prefixes(hub.NAME)))
        return found

    def _tell(self, found: PageLines, event: LoggedEvent, told_by_it: Sequence[Measurement]) -> None:
        try:
            told = told_by(event)
        except UnwritableError as error:
            found.unwritable.append(Unwritable(event.number, str(error)))
            return
        for measurement in told_by_it:
            if isinstance(told.payload, Reading):
                found.add_reading(event.number, told, told.payload)
            else:
                found.add(event.number, measurement.lines(told, self.book.prefixes(measurement.NAME)))

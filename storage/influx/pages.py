"""A page of the log as lines: what its events tell, and what of the store must be asked for them. Pure.

page = await reader.log_page(number, limit=5000, types=event_types())
found = page_of_log.read(page)               # again, after know(await reader.series()), if unknown_series
found.settle(await reader.contested(found.instants))
found.add_gate_hours(await reader.standing_gate_hours(page.gate_hours))
found.add_analyzer_hours(await reader.analyzer_hours(page.analyzer_hours))
send(found.lines); when they are settled: number = found.last
"""

from collections.abc import Iterable
from typing import NamedTuple

from storage.influx.cardinality import SeriesLimit
from storage.influx.measurements.hub import HubSample
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
    their series are more than the projection may have. ``unknown_series``: a reading is of a series that
    ``know`` was not told of.
    """

    lines: list[Line]
    last: int
    unwritable: list[Unwritable]
    over_limit: int
    unknown_series: bool
    instants: list[tuple[int, int]]

    def settle(self, standing: Iterable[Standing]) -> None:
        """Readings as the store says they stand, in the place of what their events said."""
        raise NotImplementedError

    def add_gate_hours(self, rows: Iterable[GateHourRow]) -> None:
        """Hours of gates as they stand."""
        raise NotImplementedError

    def add_analyzer_hours(self, rows: Iterable[AnalyzerHour]) -> None:
        """Hours of analyzers as they stand."""
        raise NotImplementedError


class PageOfLog:
    """Reads pages of a projection's log; keeps its series as long as it lives."""

    def __init__(self, limit: SeriesLimit) -> None:
        self.limit = limit

    def know(self, series: Iterable[Series]) -> None:
        """All series of the store, oldest first: so a new process lets in those that the last one did."""

    def read(self, page: LogPage) -> PageLines:
        """What the page says; events of other types say nothing. What is unwritable is in the answer."""
        raise NotImplementedError

    def prefix_of(self, series: int) -> str:
        """How lines of a series begin (readings.lines_of_series); raises UnwritableError, OverLimitError."""
        raise NotImplementedError

    def sample(self, sample: HubSample) -> PageLines:
        """A sample of the hub's figures as lines."""
        raise NotImplementedError

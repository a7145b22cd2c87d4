"""What cameras told in the last days, as the log has it: none of it may lack at the server."""

from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from itertools import chain

from hub.payloads import CameraHealth
from storage.contract import LoggedEvent
from storage.influx.comparing import Cell, Expected, Rule, none_lacks
from storage.influx.days import DAY_MS
from storage.influx.lines import UnwritableError
from storage.influx.measurements import camera_faults, cameras
from storage.influx.measurements.measurement import Told
from storage.influx.reading.read_back import Point
from storage.influx.series_book import SeriesBook
from storage.influx.told_events import told_by
from storage.influx.verifying.log_pages import log_pages
from storage.influx.verifying.subject import NO_DAYS, Days, Wanted
from storage.projections import ProjectionReader

MOST_DAYS = 31


class Cameras:
    """Tellings up to the number ``settled`` of the log, which keeps them for seven days.

    Every telling has the field ``faults``: it stands for the others.
    """

    name = cameras.NAME
    tags = cameras.TAGS
    rules: Mapping[str, Rule] = {"faults": none_lacks}

    def __init__(self, reader: ProjectionReader, book: SeriesBook, settled: int) -> None:
        self._reader = reader
        self._book = book
        self._settled = settled
        self._instants: dict[Cell, array[int]] | None = None

    async def days(self) -> Days:
        found = {cell.day for cell in await self._read()}
        return Days(min(found), max(found) + 1) if found else NO_DAYS

    def knows(self, tags: tuple[str, ...]) -> bool:
        return False

    def length(self) -> int:
        return MOST_DAYS

    async def wanted(self, days: Days) -> Wanted:
        found = await self._read()
        return {
            "faults": {
                cell: Expected(len(set(instants)))
                for cell, instants in found.items()
                if days.first <= cell.day < days.end
            }
        }

    async def pages(self, cells: Collection[Cell]) -> AsyncIterator[list[str]]:
        wanted = set(cells)
        async for told in self._told():
            page = [each for each in told if cell_of(each) in wanted]
            yield [line for each in page for line in self._lines(each)]

    async def taken_back(self, cells: Collection[Cell]) -> list[Point]:
        """None: what a camera told is never taken back."""
        return []

    async def _read(self) -> dict[Cell, "array[int]"]:
        """Once: the log is read from its beginning."""
        if self._instants is None:
            found: defaultdict[Cell, array[int]] = defaultdict(lambda: array("q"))
            async for page in self._told():
                for told in page:
                    found[cell_of(told)].append(told.time_ms)
            self._instants = dict(found)
        return self._instants

    async def _told(self) -> AsyncIterator[list[Told]]:
        async for page in log_pages(self._reader, 0, self._settled, {CameraHealth.TYPE}):
            yield [told for event in page.events if (told := self._of(event)) is not None]

    def _of(self, event: LoggedEvent) -> Told | None:
        """None: it is not settled, or no line can say it."""
        if event.number > self._settled:
            return None
        try:
            told = told_by(event)
            self._lines(told)
        except UnwritableError:
            return None
        return told

    def _lines(self, told: Told) -> list[str]:
        faults = camera_faults.lines(told, self._book.prefixes(camera_faults.NAME))
        return list(chain(cameras.lines(told, self._book.prefixes(cameras.NAME)), faults))


def cell_of(told: Told) -> Cell:
    """Of the measurement epihub_camera."""
    return Cell((told.site, told.edge, told.device), told.time_ms // DAY_MS)

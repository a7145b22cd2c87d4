"""What is still on its way to the server: cells that events after the settled number touch."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import get_args

from hub.errors import OperatorError
from hub.payloads import Call, CameraHealth, Reading
from storage.influx.closed_hours import HOURS_A_DAY
from storage.influx.comparing import Cell, Expected
from storage.influx.days import DAY_MS
from storage.influx.lines import UnwritableError
from storage.influx.measurements import analyzer_hours, cameras, gate_hours, readings
from storage.influx.told_events import told_by
from storage.influx.verifying.hours import tags_of_gate
from storage.influx.verifying.log_pages import log_pages
from storage.projections import LogPage, ProjectionReader, ProjectionRow, Series

TYPES = frozenset({Reading.TYPE, CameraHealth.TYPE})
NAMES = (readings.NAME, cameras.NAME, gate_hours.NAME, analyzer_hours.NAME)


class ComingBook:
    """Of one projection; reads the log after its settled number as far as it has not read it."""

    def __init__(self, reader: ProjectionReader, name: str, series: Collection[Series]) -> None:
        self._reader = reader
        self._name = name
        self._tags = {each.series: each[1:] for each in series}
        self._settled = -1
        self._read_to = -1
        self._events: dict[str, Counter[Cell]] = {}

    async def row(self) -> ProjectionRow:
        """As it stands; raises OperatorError for one that the store does not know."""
        rows = {row.name: row for row in await self._reader.projections()}
        if self._name not in rows:
            raise OperatorError(f"{self._name}: nothing was sent yet (has the hub run with it?)")
        return rows[self._name]

    async def begin(self) -> None:
        """From now on: what comes after the number that is settled now."""
        settled = (await self.row()).number
        if settled != self._settled:
            self._settled = self._read_to = settled
            self._events = {name: Counter() for name in NAMES}

    async def of(self, measurement: str) -> Mapping[Cell, int]:
        """How many events of each cell are in the log by now, and were not settled at the beginning."""
        async for page in log_pages(self._reader, self._read_to, None, TYPES):
            self._add_events(page)
            self._add_touched(page)
            self._read_to = page.last
        return self._events[measurement]

    def _add_events(self, page: LogPage) -> None:
        for event in page.events:
            try:
                told = told_by(event)
            except UnwritableError:
                continue
            place, day = (told.site, told.edge, told.device), told.time_ms // DAY_MS
            if isinstance(told.payload, Reading):
                tags = (*place, told.payload.metric, told.payload.unit)
                self._events[readings.NAME][Cell(tags, day)] += 1
            else:
                self._events[cameras.NAME][Cell(place, day)] += 1

    def _add_touched(self, page: LogPage) -> None:
        for number, at in page.instants:
            if number in self._tags:
                self._events[readings.NAME][Cell(self._tags[number], at // DAY_MS)] += 1
        for gate in page.gate_hours:
            self._events[gate_hours.NAME][Cell(tags_of_gate(gate), gate.hour // HOURS_A_DAY)] += 1
        for analyzer in page.analyzer_hours:
            for call in get_args(Call):  # any: which one it was before, nobody knows
                cell = Cell((analyzer.site, analyzer.device, call), analyzer.hour // HOURS_A_DAY)
                self._events[analyzer_hours.NAME][cell] += 1


def with_coming(
    wanted: Mapping[Cell, Expected], coming: Mapping[Cell, int], cells: Collection[Cell]
) -> dict[Cell, Expected]:
    """``wanted``, and of ``cells`` how many events of each are on their way."""
    known = dict(wanted)
    for cell in cells:
        if number := coming.get(cell, 0):
            known[cell] = replace(known.get(cell, Expected()), coming=number)
    return known

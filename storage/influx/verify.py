"""Whether a server has what the store has: number and sum of every series and day; and the repair.

A server may answer that it took lines, and drop them in silence (VictoriaMetrics does): who only writes never
knows. What differs is sent again as the store has it, and looked at again.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic

from storage.influx.comparing import Difference
from storage.influx.days import DAY_MS
from storage.influx.measurements import cameras
from storage.influx.reading.read_back import ReadBack
from storage.influx.series_book import SeriesBook
from storage.influx.verifying.cameras import Cameras
from storage.influx.verifying.coming import ComingBook
from storage.influx.verifying.hours import AnalyzerHours, GateHours, days_of_hours, settled_hours
from storage.influx.verifying.looking import Looked, look
from storage.influx.verifying.readings import Readings
from storage.influx.verifying.report import Report
from storage.influx.verifying.resending import Resending
from storage.influx.verifying.subject import Days, Subject
from storage.projections import ProjectionReader, ProjectionRow, Series

# VictoriaMetrics shows what it took after a second or two, and a series that is new to it later.
SHOWN_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.5
# Without history the server has what the log had when it began: a week by arrival, so these days are whole.
DAYS_OF_LOG = 6

Progress = Callable[[int, int], None]  # days done, of so many
Part = tuple[Subject, Days]


@dataclass(frozen=True, slots=True)
class Asked:
    """Days since 1970-01-01 (UTC): ``first`` None is where the server's begin, ``end`` is none of them."""

    first: int | None
    end: int
    now_ms: int
    history: bool = True

    @property
    def today(self) -> int:
        return self.now_ms // DAY_MS


async def parts(
    reader: ProjectionReader, book: SeriesBook, series: Sequence[Series], row: ProjectionRow, asked: Asked
) -> list[Part]:
    """Everything that is compared, in pieces. ``book`` knows ``series``; ``row``: how far it is sent."""
    hours, settled = await days_of_hours(reader, asked.today), settled_hours(row.settled_at_ms, asked.now_ms)
    subjects: list[Subject] = [
        Readings(reader, book, series),
        GateHours(reader, book, hours, settled),
        AnalyzerHours(reader, book, hours, settled),
        Cameras(reader, book, row.number),
    ]
    found: list[Part] = []
    for subject in subjects:
        wanted = Days(first_day(subject, row, asked), asked.end)
        days = (await subject.days()).within(wanted)
        found += [(subject, piece) for piece in days.parts(subject.length())]
    return found


def first_day(subject: Subject, row: ProjectionRow, asked: Asked) -> int:
    """The first that the server should have of a subject: history is sent day by day, the newest first."""
    first = 0 if asked.first is None else asked.first
    if subject.name == cameras.NAME:
        return first
    if asked.first is None and not asked.history:
        first = asked.today - DAYS_OF_LOG
    return first if row.history_day is None else max(first, row.history_day)


class Verification:
    """Fills ``report``. ``resending`` None: nothing is repaired.

    Raises StoreUnavailable, ReadBackFailed and LinesNotTaken; what was found until then stands in the report.
    """

    def __init__(
        self,
        back: ReadBack,
        coming: ComingBook,
        report: Report,
        resending: Resending | None = None,
        *,
        shown_seconds: float = SHOWN_SECONDS,
    ) -> None:
        self.report = report
        self._back = back
        self._coming = coming
        self._resending = resending
        self._shown_seconds = shown_seconds
        self._foreign: set[tuple[str, ...]] = set()

    async def run(self, wanted: Sequence[Part], progress: Progress = lambda done, total: None) -> None:
        """One part after the other."""
        total, done = sum(days.end - days.first for _, days in wanted), 0
        for subject, days in wanted:
            progress(done, total)
            await self._compare(subject, days)
            done += days.end - days.first
        progress(total, total)

    async def _compare(self, subject: Subject, days: Days) -> None:
        looked = await look(subject, days, self._back, self._coming)
        self._count(looked)
        left = looked.differences
        if left and self._resending is not None:
            left = await self._repair(subject, days, left, self._resending)
        self.report.add(left)

    def _count(self, looked: Looked) -> None:
        self._foreign |= looked.foreign
        self.report.foreign = len(self._foreign)
        self.report.cells += looked.cells
        self.report.points += looked.points
        self.report.coming += looked.coming

    async def _repair(
        self, subject: Subject, days: Days, differences: Collection[Difference], resending: Resending
    ) -> list[Difference]:
        """What stays."""
        can_delete = self._back.can_delete
        cells = {each.cell for each in differences if each.kind != "withdrawn" or can_delete}
        if can_delete:
            too_many = {each.cell for each in differences if each.kind in ("more", "withdrawn")}
            points = await subject.taken_back(too_many)
            await asyncio.to_thread(self._back.delete, subject.name, subject.tags, points)
        async for lines in subject.pages(cells):
            await resending.send(lines)
        self.report.sent, self.report.refused = resending.sent, resending.refused
        left = await self._look_again(subject, days)
        stays = {(each.field, each.cell) for each in left}
        self.report.repaired += sum((each.field, each.cell) not in stays for each in differences)
        return left

    async def _look_again(self, subject: Subject, days: Days) -> list[Difference]:
        """Until nothing lacks, or a server would have shown it."""
        pause, until = FIRST_PAUSE_SECONDS, monotonic() + self._shown_seconds
        while True:
            left = (await look(subject, days, self._back, self._coming)).differences
            if all(each.kind == "more" or not each.wrong for each in left) or monotonic() + pause > until:
                return left
            await asyncio.sleep(pause)
            pause *= 2

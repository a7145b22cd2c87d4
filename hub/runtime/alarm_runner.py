"""The hub's alarms: readings of the log are judged, and what becomes known is entered into the ledger.

It goes through the log with a cursor of its own; what is entered, and how far the log was judged, is one
commit. After a start the store tells what rules must know of the time before, so nothing else is kept.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from hub.alarms.rules import Profile
from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.runtime.alarm_course import AlarmCourse
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import StoreReader

LONGEST_WAIT_SECONDS = 3600.0
RETRY_SECONDS = 1.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class AlarmFigures:
    """``judged`` readings and ``entered`` entries since the start.

    ``cursor``: the log is judged up to it, as it is at ``at_ms``.
    """

    judged: int = 0
    entered: int = 0
    cursor: int = 0
    at_ms: int = 0
    failure: str = ""


class AlarmRunner:
    """``profiles``: the rules now in force."""

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        profiles: Iterable[Profile],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.figures = AlarmFigures()
        self._ledger = ledger
        self._open_reader = open_reader
        self._profiles = tuple(profiles)
        self._now_ms = clock
        self._grown = asyncio.Event()

    def grown(self) -> None:
        """The log has."""
        self._grown.set()

    async def run(self) -> None:
        """Until cancelled; a store that is away is waited for, and everything begun anew."""
        while True:
            reader = self._open_reader()
            try:
                await reader.open()
                await self._serve(reader)
            except StoreUnavailable as error:
                if not self.figures.failure:
                    log.warning("alarms wait for the store", extra={"reason": str(error)})
                self.figures.failure = str(error)
            finally:
                await reader.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _serve(self, reader: StoreReader) -> None:
        course = await AlarmCourse.begin(self._ledger, reader, self._profiles, self._now_ms())
        while True:
            self._grown.clear()
            more = await course.read_on()
            at_ms = self._now_ms()
            self._count(course, await course.enter(at_ms), at_ms)
            if not more:
                await self._rest(course.due_ms())

    def _count(self, course: AlarmCourse, entered: int, at_ms: int) -> None:
        figures = self.figures
        figures.judged += course.take_count()
        figures.entered += entered
        figures.cursor, figures.at_ms, figures.failure = course.cursor, at_ms, ""

    async def _rest(self, due_ms: int | None) -> None:
        """Until the log has grown, or something happens without a reading."""
        seconds = LONGEST_WAIT_SECONDS if due_ms is None else (due_ms - self._now_ms()) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(0.0, seconds), LONGEST_WAIT_SECONDS)):
                await self._grown.wait()

"""The hub's alarms: readings of the log are judged, and what becomes known is entered into the ledger.

It goes through the log with a cursor of its own; what is entered, and how far the log was judged, is one
commit. After a start the store tells what rules must know of the time before, so nothing else is kept.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hub.alarms.calibrations import Issued
from hub.alarms.incidents.actions import examined, require_device
from hub.alarms.incidents.calibrate import Calibrate
from hub.alarms.rules import Profile
from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.runtime.alarm_course import AlarmCourse
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.edge_words import EdgeWords
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A calibration that waits to be entered with all that it changes."""

    site: str
    device: str
    action: Calibrate
    entered: asyncio.Future[None]


class AlarmRunner:
    """``profiles``: the rules now in force; ``beside``: the edge that shares our processes.

    ``calibrations``: those that another ledger issued, for an edge that judges by itself.
    """

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        profiles: Iterable[Profile],
        clock: Callable[[], int] = now_ms,
        beside: str = "",
        power: Mapping[str, str] | None = None,
        calibrations: Sequence[Issued] = (),
    ) -> None:
        self.figures = AlarmFigures()
        self._words = EdgeWords(clock, beside)
        ledger.hold_notices(self._words.held_until)
        self.ledger = ledger
        self._open_reader = open_reader
        self._profiles = tuple(profiles)
        self._given = calibrations
        self._power = power or {}
        self._now_ms = clock
        self._grown = asyncio.Event()
        self._asked: list[_Asked] = []
        self._handed: list[_Asked] = []  # to the course, which enters them with this turn

    def grown(self) -> None:
        """The log has."""
        self._grown.set()

    def use(self, profiles: Iterable[Profile], calibrations: Sequence[Issued] = ()) -> None:
        """Judge by these from now on; with other rules a new course begins."""
        rules = tuple(profiles)
        if rules != self._profiles:
            self._profiles = rules
        self._given = calibrations
        self._grown.set()

    async def calibrate(self, site: str, device: str, action: Calibrate) -> None:
        """Return when it is entered, and with it every alarm that it changes.

        Raises RefusedAction, and StoreUnavailable: nothing was entered, or nobody knows.
        """
        note = examined(action)
        require_device(site, device)
        asked = _Asked(site, device, replace(action, note=note), asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        self._grown.set()
        await asked.entered

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
                self._answer(error)
            finally:
                await reader.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _serve(self, reader: StoreReader) -> None:
        profiles = self._profiles
        course = await AlarmCourse.begin(
            self.ledger, reader, profiles, self._now_ms(), self._power, self._words
        )
        while profiles is self._profiles:
            self._grown.clear()
            more = await course.read_on()
            at_ms = self._now_ms()
            self._hand_over(course, at_ms)
            self._count(course, await course.enter(at_ms), at_ms)
            self._answer(None)
            if not more:
                await self._rest(course.due_ms())

    def _hand_over(self, course: AlarmCourse, at_ms: int) -> None:
        course.follow(self._given)
        self._handed, self._asked = [each for each in self._asked if not each.entered.done()], []
        for each in self._handed:
            course.calibrate(each.site, each.device, each.action, at_ms)

    def _answer(self, error: StoreUnavailable | None) -> None:
        """Nobody knows whether one that failed was entered; those that wait find the store away."""
        if error:
            self._handed += self._asked
            self._asked = []
        for each in self._handed:
            if each.entered.done():
                continue
            if error:
                each.entered.set_exception(error)
            else:
                each.entered.set_result(None)
        self._handed = []

    def _count(self, course: AlarmCourse, entered: int, at_ms: int) -> None:
        figures = self.figures
        figures.judged += course.take_count()
        figures.entered += entered
        figures.cursor, figures.at_ms, figures.failure = course.judged_to, at_ms, ""

    async def _rest(self, due_ms: int | None) -> None:
        """Until the log has grown, or something happens without a reading."""
        seconds = LONGEST_WAIT_SECONDS if due_ms is None else (due_ms - self._now_ms()) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(0.0, seconds), LONGEST_WAIT_SECONDS)):
                await self._grown.wait()

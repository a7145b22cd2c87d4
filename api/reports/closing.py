"""Days are closed: each report of each ended day is told once by itself, and again where it is new.

So a day has its first revision although nobody asked for it, what is late is a revision soon after it came,
and those who are sent reports hear of both.
"""

import asyncio
import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from api.access import Identity
from api.deck import Deck
from api.local_days import day_of
from api.problems import Problem
from api.reports.frame.tabular import TabularReport
from api.reports.frame.telling import Teller
from api.reports.report import find_tabular
from hub.errors import StoreUnavailable

FIRST_SECONDS = 60.0
EVERY_SECONDS = 900.0
DAYS = 3  # what comes later is a revision when somebody asks for that day
OURSELVES = Identity("closing", "reporter")
log = logging.getLogger(__name__)


class Closing:
    """For the API of a hub; ``run`` until the deck stops."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._zone = ZoneInfo(deck.settings.timezone)
        self._closed_at = 0

    async def run(self) -> None:
        seconds = FIRST_SECONDS
        while not await self._stopped(seconds):
            seconds = EVERY_SECONDS
            try:
                await self.once()
            except StoreUnavailable as error:
                log.warning("days are closed later", extra={"reason": str(error)})

    async def once(self) -> int:
        """How many reports were told; none while the log stands still. Raises StoreUnavailable."""
        last = (await self._deck.reader.figures()).last_number
        if last == self._closed_at:
            return 0
        told = 0
        for back in range(DAYS, 0, -1):
            for report in find_tabular():
                told += await self._close(report, back)
        self._closed_at = last
        return told

    async def _close(self, report: TabularReport, back: int) -> bool:
        day = day_of(self._deck.now_ms(), self._zone) - timedelta(days=back)
        try:
            copy = await Teller(self._deck, report, OURSELVES).tell(
                report.query.model_validate({"date": day})
            )
        except Problem as problem:
            log.warning("not closed", extra={"report": report.name, "reason": problem.code})
            return False
        return copy.revision is not None

    async def _stopped(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._deck.stopping.wait()
        except TimeoutError:
            return False

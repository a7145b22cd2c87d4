"""What an edge does not tell because its hub does: what is due while it is there, and what was answered."""

import asyncio
from collections.abc import Callable

from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.runtime.alarm_answers import answers_of
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import StoreReader
from storage.notices import NoticeChanges, Settle, Stop

LEFT_TO_HUB = "hub"
LOOK_SECONDS = 1.0
MOST_LEFT = 1000


class LeftToHub:
    """``there``: whether the hub is; ``patience_ms``: what is due longer than that was the hub's to tell."""

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        there: Callable[[], bool],
        patience_ms: int,
        clock: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._open_reader = open_reader
        self._there = there
        self._patience_ms = patience_ms
        self._now_ms = clock
        self._answered: set[str] = set()
        self._heeded: set[str] = set()  # of these: once, because what gets worse since calls anew
        self._due = asyncio.Event()

    def grown(self) -> None:
        """Our ledger has."""
        self._due.set()

    def take_answers(self, items: list[bytes]) -> None:
        """The hub's list of incidents that somebody looks after."""
        self._answered = set(answers_of(items))
        self._heeded &= self._answered
        self._due.set()

    async def heed_answers(self) -> None:
        """They call nobody here, until cancelled; raises StoreUnavailable."""
        while True:
            await self._due.wait()
            self._due.clear()
            known = await self._known(self._answered - self._heeded)
            if known:
                stops = [Stop(incident, LEFT_TO_HUB, self._now_ms(), due=True) for incident in known]
                await self._enter(NoticeChanges(stops=stops))
                self._heeded |= known & self._answered

    async def leave_due(self) -> None:
        """Let go of what is long due while the hub is there, until cancelled; raises StoreUnavailable."""
        reader = self._open_reader()
        await reader.open()
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if self._there():
                    await self._leave(reader)
        finally:
            await reader.close()

    async def _leave(self, reader: StoreReader) -> None:
        at_ms = self._now_ms()
        rows = await reader.notices_due(at_ms - self._patience_ms, limit=MOST_LEFT)
        if rows:
            settles = [Settle(row.key, "SKIPPED", LEFT_TO_HUB, row.due_ms, at_ms) for row in rows]
            await self._enter(NoticeChanges(settles=settles))

    async def _known(self, names: set[str]) -> set[str]:
        """Those that stand in our ledger too."""
        found: set[str] = set()

        def ask(book: Book) -> list[Entry]:
            found.update(names & book.incidents.keys())
            return []

        if names:
            await self._ledger.enter(ask)
        return found

    async def _enter(self, notices: NoticeChanges) -> None:
        await self._ledger.enter(lambda book: [], notices=notices)

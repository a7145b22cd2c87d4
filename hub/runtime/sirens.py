"""Sirens and lamps, beside what is said to people: they stop when nobody has to come any more.

What a siren sounds for is not kept: at a start it sounds again for what it was told a short while ago, as far
as that still calls.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from hub.alarms.incidents.actions import Acknowledge, RefusedAction
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.errors import StoreUnavailable
from hub.notify.channels.parcel import Sender, Sounds
from hub.notify.planning import calls
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import StoreReader
from storage.notices import NoticeRow

RETRY_SECONDS = 1.0
MOST_ROWS = 10_000
log = logging.getLogger(__name__)


class Sirens:
    """``counts`` what came of the button, ``troubles`` what a relay said last, if bad; by channel."""

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        senders: Mapping[str, Sender],
        clock: Callable[[], int],
        counts: Counter[str],
        troubles: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._open_reader = open_reader
        self._sirens = {name: each for name, each in senders.items() if isinstance(each, Sounds)}
        self._now_ms = clock
        self._counts = counts
        self._troubles = troubles

    def look(self) -> None:
        """The ledger has changed."""
        for siren in self._sirens.values():
            siren.look()

    async def run(self) -> None:
        """Until cancelled; without sirens it ends at once."""
        async with asyncio.TaskGroup() as tasks:
            for name, siren in self._sirens.items():
                tasks.create_task(self._keep(name, siren, tasks), name=f"siren[{name}]")

    async def _keep(self, name: str, siren: Sounds, tasks: asyncio.TaskGroup) -> None:
        def pressed(incidents: Collection[str]) -> None:
            tasks.create_task(self._acknowledge(siren.button_person, incidents), name=f"button[{name}]")

        await self._resume(name, siren)
        await siren.watch(self._calling, pressed, partial(self._troubled, name))

    async def _resume(self, name: str, siren: Sounds) -> None:
        for row in await self._delivered():
            left = siren.most_seconds - (self._now_ms() - row.at_ms) / 1000
            if row.channel == name and row.kind in ("RAISED", "REMINDER") and left > 0:
                siren.sound([row.incident], left)

    async def _delivered(self) -> Sequence[NoticeRow]:
        """What was told last; a store that is away is waited for."""
        while True:
            reader = self._open_reader()
            try:
                await reader.open()
                try:
                    return await reader.notices("DELIVERED", limit=MOST_ROWS)
                finally:
                    await reader.close()
            except StoreUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _calling(self, incidents: Collection[str]) -> set[str]:
        """Those for which somebody must come; all of them while nobody knows."""
        found: set[str] = set()

        def ask(book: Book) -> list[Entry]:
            standing = (book.incidents.get(name) for name in incidents)
            found.update(each.incident for each in standing if each and calls(each, book.state(each)))
            return []

        try:
            await self._ledger.enter(ask)
        except StoreUnavailable:
            return set(incidents)
        return found

    async def _acknowledge(self, person: str, incidents: Collection[str]) -> None:
        """Whatever the store does: who has pressed the button has said that he comes."""
        for incident in incidents:
            self._counts[await self._acknowledged(person, incident)] += 1

    async def _acknowledged(self, person: str, incident: str) -> str:
        while True:
            try:
                await self._ledger.act(incident, Acknowledge(person))
            except RefusedAction:
                return "refused"
            except StoreUnavailable as error:
                log.warning("a button waits for the store", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return "acknowledged"

    def _troubled(self, name: str, trouble: str) -> None:
        if trouble:
            self._troubles[name] = trouble
        else:
            self._troubles.pop(name, None)

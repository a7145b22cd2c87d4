"""The hub's ledger of incidents: every change is committed first, with the notices that it calls for, then
told; one at a time.
"""

import asyncio
import logging
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import replace

from hub.alarms.incidents.actions import Action, RefusedAction
from hub.alarms.incidents.alarm_event import alarm_of, key_of
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import BadEntry, Entry
from hub.alarms.incidents.rows import book_from, changes_of
from hub.alarms.incidents.service import Services
from hub.alarms.incidents.standing import Incident
from hub.alarms.incidents.states import State
from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.notify.planning import HeldUntil, Told, joined, plan, standing_calls
from hub.notify.settings import NotifySettings
from hub.sink.born import born
from storage.contract import Arrival, Batch, EventStore, StoreReader
from storage.incidents import AlarmSetting, Judged
from storage.lots import Placement
from storage.notices import NoticeChanges, NoticeRow

DAY_MS = 86_400_000
# Of closed incidents those of so long: longer than late data are judged, or they would be raised twice.
REACH_MS = 70 * DAY_MS
RETRY_SECONDS = 1.0
log = logging.getLogger(__name__)


class AlarmLedger:
    """``announce`` gets the events of each commit.

    Every method raises StoreUnavailable: nothing was entered, or nobody knows and the book is read again.
    """

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        announce: Callable[[Sequence[Arrival]], None],
        clock: Callable[[], int] = now_ms,
        notify: NotifySettings | None = None,
    ) -> None:
        self._store = store
        self._open_reader = open_reader
        self._announce = announce
        self._now_ms = clock
        self._book: Book | None = None
        self._judged = Judged(0, 0)
        self._settings: tuple[AlarmSetting, ...] = ()
        self._told: list[Arrival] = []
        self._entered: list[Told] = []
        self._notify = notify or NotifySettings()
        self._noticed: Callable[[NoticeChanges], None] = lambda changes: None
        self._follower: Callable[[Sequence[Entry]], None] = lambda entries: None
        self._held_until: HeldUntil = lambda incident: 0
        self._one = asyncio.Lock()
        self._changed = asyncio.Event()

    async def begin(self) -> tuple[Judged, Sequence[AlarmSetting]]:
        """How far readings were judged, and by what."""
        async with self._one:
            await self._standing()
            return self._judged, self._settings

    async def enter(
        self,
        do: Callable[[Book], list[Entry]],
        judged: Judged | None = None,
        settings: Sequence[AlarmSetting] = (),
        notices: NoticeChanges | None = None,
        placements: Sequence[Placement] = (),
    ) -> list[Entry]:
        """Let ``do`` change the book, and commit what it entered, how far the log is judged, and by what.

        Whom that calls is planned in the same commit; ``notices`` is what else becomes of the outbox,
        ``placements`` what was told of lots.

        ``do`` may be given another book than last time: one that was read again from the store.
        """
        async with self._one:
            book = await self._standing()
            before, self._told, self._entered = book.head, [], []
            self._book = None  # ahead of the store until the commit: whatever fails, it is read again
            try:
                made = do(book)
            except RefusedAction:
                self._book = book
                raise
            planned = joined(
                plan(self._entered, book, self._notify, self._held_until), notices or NoticeChanges()
            )
            if made or settings or planned or judged not in (None, self._judged):
                changes = replace(changes_of(book, before, made, judged, settings), notices=planned)
                batch = Batch(self._store.term, self._told, alarms=changes, placements=placements)
                await self._store.write(batch)
                self._judged = judged or self._judged
                self._settings += tuple(settings)
            self._book, told = book, self._told
        if made:
            self._announce(told)
            self._follower(made)
            self._changed.set()
        if planned:
            self._noticed(planned)
        return made

    async def call_standing(self, noticed: Container[str]) -> None:
        """Plan whom incidents call that are in none of ``noticed``: those from before there was a chain."""
        rows: list[NoticeRow] = []

        def gather(book: Book) -> list[Entry]:
            rows.extend(standing_calls(book, noticed, self._notify, self._now_ms()))
            return []

        await self.enter(gather, notices=NoticeChanges(new=rows))

    def follow_notices(self, heard: Callable[[NoticeChanges], None]) -> None:
        """``heard`` gets what each commit changed of the outbox."""
        self._noticed = heard

    def follow(self, heard: Callable[[Sequence[Entry]], None]) -> None:
        """``heard`` gets the entries of each commit."""
        self._follower = heard

    def hold_notices(self, held_until: HeldUntil) -> None:
        """Ask it of every incident that calls from now on."""
        self._held_until = held_until

    async def act(self, incident: str, action: Action) -> list[Entry]:
        """Raises RefusedAction."""
        at_ms = self._now_ms()
        return await self.enter(lambda book: book.act(incident, action, at_ms))

    async def act_on_device(self, site: str, device: str, action: Action) -> list[Entry]:
        """Raises RefusedAction."""
        at_ms = self._now_ms()
        return await self.enter(lambda book: book.act_on_device(site, device, action, at_ms))

    async def act_on_devices(self, site: str, devices: Sequence[str], action: Action) -> list[Entry]:
        """In one commit; raises RefusedAction."""
        at_ms = self._now_ms()
        return await self.enter(lambda book: book.act_on_devices(site, devices, action, at_ms))

    async def services(self) -> Services:
        """Which devices are out of service."""
        async with self._one:
            return Services(dict((await self._standing()).services.out))

    async def run(self) -> None:
        """Take from the shelf, and put back in service, what is due, until cancelled."""
        failure = ""
        while True:
            try:
                await self.enter(lambda book: book.tick(self._now_ms()))
                seconds, failure = self._seconds_to_tick(), ""
            except StoreUnavailable as error:
                if str(error) != failure:
                    failure = str(error)
                    log.warning("shelves and services wait for the store", extra={"reason": failure})
                seconds = RETRY_SECONDS
            self._changed.clear()
            with suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it forgets a cancel that comes as the event is set.
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    async def _standing(self) -> Book:
        if self._book is not None:
            return self._book
        reader = self._open_reader()
        await reader.open()
        try:
            standing = await reader.alarm_standing(self._now_ms() - REACH_MS)
            book = book_from(standing)
        except BadEntry as error:
            raise StoreUnavailable(f"store.damaged_incident: {error}") from error
        finally:
            await reader.close()
        book.told = self._hear
        self._book, self._judged, self._settings = book, standing.judged, tuple(standing.settings)
        return book

    def _hear(
        self, entry: Entry, incident: Incident | None, state: State | None, before: Incident | None
    ) -> None:
        self._entered.append(Told(entry, before, incident, state))
        alarm = alarm_of(entry, state, incident)
        self._told.append(born(entry.site, alarm, key_of(entry), entry.at_ms))

    def _seconds_to_tick(self) -> float | None:
        next_ms = self._book.next_tick_ms() if self._book else None
        return None if next_ms is None else max(0.0, (next_ms - self._now_ms()) / 1000)

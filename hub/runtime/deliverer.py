"""One destination: follows the store's log and delivers what it wants, until cancelled.

Order, pauses and counting are the course's (hub/feeds/course.py); here are the log, the receiver and the
hub that makes durable what became of each event. Killed at any moment it begins from what is settled, and
sends what was not again, with the same ids.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from hub.clock import now_ms
from hub.errors import EpihubError, StoreUnavailable
from hub.events import InvalidEvent, decode_event
from hub.feeds.contract import Answer, FeedSettings, Opened, Told, Unsendable
from hub.feeds.course import Course, Item, order_digest
from hub.payloads import BY_TYPE
from hub.runtime.delivery_state import DeliveryState
from hub.supervisor import Backoff, keep_running
from storage.contract import CursorGone, StoreReader
from storage.destinations import DestinationChange, DestinationRow, OutboxRow

IDLE_SECONDS = 0.05
LOOK_SECONDS = 0.5
SETTLE_SECONDS = 0.2
PAGE_EVENTS = 500
UNDECODABLE, FORGOTTEN = "event.undecodable", "event.forgotten"


class NotSettled(EpihubError):
    """The hub did not make durable what it was told; what is not settled is sent again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """``settle`` gives the new version, durable when it returns; raises NotSettled."""

    reader: StoreReader
    settle: Callable[[DestinationChange], Awaitable[int]]
    clock: Callable[[], int] = now_ms


class Deliverer:
    """``state`` is what it tells of itself."""

    def __init__(self, settings: FeedSettings, opened: Opened, parts: Parts) -> None:
        self.settings = settings
        self.opened = opened
        self.parts = parts
        self.state = DeliveryState(settings.name, settings.kind)
        self.course = Course(settings.name)
        self._types = types_wanted(opened)
        self._flying: dict[asyncio.Task[Answer | str], Item] = {}
        self._told: dict[int, Told] = {}
        self._row = DestinationRow(settings.name)
        self._look_due = self._settle_due = self._read_due = 0.0

    async def run(self) -> None:
        """What fails (the store is away, the hub starts again) is tried again."""
        retried = (StoreUnavailable, NotSettled)
        name = f"destination[{self.settings.name}]"
        try:
            await keep_running(self.follow, name=name, retried=retried, backoff=Backoff(0.2, 10))
        finally:
            await self.opened.line.close()

    async def follow(self) -> None:
        """From what is settled on; raises StoreUnavailable, NotSettled."""
        await self.parts.reader.open()
        await self._begin()
        try:
            while True:
                await self._turn()
        finally:
            flying, self._flying = self._flying, {}
            for task in flying:
                task.cancel()
            if flying:
                await asyncio.wait(flying)

    async def _begin(self) -> None:
        row = await self._stored()
        if row is None or row.target != self.settings.target:
            number = 0
            if self.settings.begin == "now":
                number = (await self.parts.reader.figures()).last_number
            version = row.version if row else 0
            anew = DestinationChange(
                self.settings.name, version, number, begin=True, target=self.settings.target
            )
            await self.parts.settle(anew)
            row = await self._stored()
            if row is None:
                raise NotSettled("the store has forgotten this destination")
        self._row, self._told = row, {}
        self.course.begin(row, await self._rows())
        self._look_due = 0.0

    async def _stored(self) -> DestinationRow | None:
        rows = await self.parts.reader.destinations()
        return next((row for row in rows if row.name == self.settings.name), None)

    async def _rows(self) -> list[OutboxRow]:
        found: list[OutboxRow] = []
        while page := await self.parts.reader.outbox_rows(
            self.settings.name, found[-1].number if found else 0, limit=5000
        ):
            found += page
        return found

    async def _turn(self) -> None:
        if monotonic() >= self._look_due:
            await self._look()
        if not self._row.paused_by:
            await self._read()
            await self._send()
        if monotonic() >= self._settle_due or not self._flying:
            await self._settle()
        await self._hear()

    async def _look(self) -> None:
        """Whether somebody paused, replayed or resumed; and how far behind it is."""
        self._look_due = monotonic() + LOOK_SECONDS
        row, reader = await self._stored(), self.parts.reader
        if row is None:
            raise NotSettled("the store has forgotten this destination")  # restored: it begins anew
        if row.edited != self._row.edited:
            await self._settle()
            row = await self._stored() or row
            self.course.ordered(row, await self._rows())
        self._row = row
        oldest_ms = await reader.oldest_unprojected(row.number)
        self.state.lag_seconds = max(0.0, (self.parts.clock() - oldest_ms) / 1000) if oldest_ms else 0.0
        self.state.backlog = await reader.events_after(row.number)
        self.state.look(row, self.course)

    async def _read(self) -> None:
        if not self.course.may_read or monotonic() < self._read_due:
            return
        before = self.course.last
        try:
            page = await self.parts.reader.feed_page(before, limit=PAGE_EVENTS, types=self._types)
        except CursorGone as gone:
            self.course.forgot(gone.first)
            return
        rows = [row for event in page.events if (row := self._wanted(event.number, event.type, event.body))]
        self.course.look(rows, page.last)
        if page.last == before:
            self._read_due = monotonic() + IDLE_SECONDS

    def _wanted(self, number: int, event_type: str, body: bytes) -> OutboxRow | None:
        feed = self.opened.feed
        if not feed.wants_type(event_type):
            return None
        try:
            event = decode_event(body)
        except InvalidEvent:
            return OutboxRow(number, "", event_type, order_digest(UNDECODABLE), "waiting")
        if not feed.wants(event):
            return None
        self._told[number] = Told(number, event, body)
        return OutboxRow(number, event.id, event_type, order_digest(feed.order_of(event)), "waiting")

    async def _send(self) -> None:
        due = self.course.due(self.parts.clock(), self.settings.at_once)
        missing = [item.row.number for item in due if item.row.number not in self._told]
        for event in await self.parts.reader.logged(missing) if missing else ():
            self._wanted(event.number, event.type, event.body)
        for item in due:
            told = self._told.pop(item.row.number, None)
            self._flying[asyncio.create_task(self._deliver(told, item.row))] = item

    async def _deliver(self, told: Told | None, row: OutboxRow) -> Answer | str:
        """The receiver's answer, or a code: why there is nothing that could be sent."""
        if told is None:
            return FORGOTTEN if row.event_id else UNDECODABLE
        try:
            found: Any = None
            if self.opened.looks:
                found = await self.opened.looks.look(self.parts.reader, told)
            message = self.opened.feed.message(told, found)
        except Unsendable as error:
            return str(error)
        except StoreUnavailable:
            return Answer("again", "store_away")
        return await self.opened.line.send(message)

    async def _hear(self) -> None:
        if not self._flying:
            await asyncio.sleep(IDLE_SECONDS if self._idle else 0)
            return
        done, _ = await asyncio.wait(self._flying, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            self._ended(self._flying.pop(task), task.result())

    @property
    def _idle(self) -> bool:
        return bool(self._row.paused_by) or not self.course.may_read or monotonic() < self._read_due

    def _ended(self, item: Item, answer: Answer | str) -> None:
        at_ms = self.parts.clock()
        if isinstance(answer, str):
            self.course.bury(item, answer, at_ms)
            return
        self.state.heard(answer, at_ms)
        self.course.answered(item, answer, at_ms)

    async def _settle(self) -> None:
        change = self.course.unsettled()
        if change is None:
            return
        self._settle_due = monotonic() + SETTLE_SECONDS
        version = await self.parts.settle(change)
        self.course.settled(change, version)


def types_wanted(opened: Opened) -> list[str] | None:
    """Names for the store to choose by; None: all, where patterns may mean types that we do not know."""
    types = opened.feed.settings.types
    if not types or any(set("*?[") & set(each) and each[:1] in "*?[" for each in types):
        return None
    known = [name for name in BY_TYPE if opened.feed.wants_type(name)]
    return sorted({*known, *(each for each in types if not set("*?[") & set(each))})

"""What a hub answers about destinations: it alone writes the store, and keeps the webhooks."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hub.clock import now_ms
from hub.control import Answer, ControlClient, ControlUnavailable, Handler
from hub.errors import OperatorError
from hub.events import InvalidEvent, decode_event, format_time
from hub.feeds.contract import Feed, FeedSettings, Message, Told
from hub.feeds.course import order_digest
from hub.feeds.refusals import NO_DESTINATION, NO_PAGE, SAY_WHAT
from hub.feeds.webhook_book import WebhookBook
from hub.runtime.destination_list import listed
from hub.runtime.projection_desk import LONGEST_WHO, Note
from storage.contract import BadCursor, CursorGone, EventStore, StoreReader
from storage.destinations import (
    MOST_REPLAYED,
    DestinationChange,
    DestinationMoved,
    DestinationOrder,
    DestinationRow,
    OutboxRow,
)

SETTLE = "destination.settle"
STATES_SECONDS = 1.0
T = TypeVar("T")


class DestinationDesk:
    """Whoever changes something is in the log before it is changed."""

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        note: Note,
        book: WebhookBook | None = None,
        deliverer: Path | None = None,
    ) -> None:
        """``deliverer``: its socket; without it nobody tells how destinations stand at the moment."""
        self._store = store
        self._open_reader = open_reader
        self._note = note
        self._book = book
        self._deliverer = ControlClient(deliverer) if deliverer else None

    def calls(self) -> dict[str, Handler]:
        calls: dict[str, Handler] = {
            SETTLE: self.settle,
            "destination.list": self.destinations,
            "destination.pause": self.pause,
            "destination.resume": self.resume,
            "destination.replay": self.replay,
            "destination.drop": self.drop,
            "destination.outbox": self.outbox,
        }
        if self._book:
            calls |= {
                "webhook.list": self.webhooks,
                "webhook.add": self.add_webhook,
                "webhook.rotate": self.rotate_webhook,
                "webhook.remove": self.remove_webhook,
            }
        return calls

    async def settle(self, change: list[Any]) -> Answer:
        """{version}; raises OperatorError where another deliverer was there before, or for no change."""
        try:
            told = msgspec.convert(change, DestinationChange)
            return {"version": await self._store.settle_destination(told)}
        except DestinationMoved as error:
            raise OperatorError("another deliverer has settled since") from error
        except (msgspec.ValidationError, ValueError) as error:
            raise OperatorError("no change of a destination") from error

    async def destinations(self) -> Answer:
        """{items}, by name: what the store keeps, and how the deliverer says that it stands."""
        states = await self._states()
        rows = {row.name: row for row in await self._read(lambda reader: reader.destinations())}
        counts = await self._read(lambda reader: reader.outbox_counts())
        away = states is None
        live = states or {}
        return {
            "items": [
                listed(name, rows.get(name), counts.get(name), live.get(name), away=away)
                for name in sorted(rows.keys() | live.keys())
            ]
        }

    async def _states(self) -> dict[str, dict[str, Any]] | None:
        """None: the deliverer does not answer."""
        if self._deliverer is None:
            return None
        try:
            async with asyncio.timeout(STATES_SECONDS):
                told = await self._deliverer.call("destination.states")
        except (ControlUnavailable, OperatorError, TimeoutError):
            return None
        return {each["name"]: each for each in told["items"]}

    async def pause(self, name: str, by: str) -> Answer:
        """{outcome}; raises OperatorError."""
        return await self._order(DestinationOrder(name, paused_by=by), by, "destination.pause")

    async def resume(self, name: str, by: str) -> Answer:
        """Also one that was disabled. {outcome}; raises OperatorError."""
        return await self._order(DestinationOrder(name, paused_by=""), by, "destination.resume")

    async def outbox(
        self, name: str, state: str = "dead", limit: int = 100, cursor: str | None = None
    ) -> Answer:
        """{items next_cursor}, by number; raises OperatorError."""
        if state not in ("waiting", "dead"):
            raise OperatorError("state: waiting or dead")
        await self._known(name)
        try:
            page = await self._read(
                lambda reader: reader.outbox(
                    name, state="dead" if state == "dead" else "waiting", limit=limit, cursor=cursor
                )
            )
        except BadCursor as error:
            raise OperatorError(NO_PAGE) from error
        return {"items": page.items, "next_cursor": page.next_cursor}

    async def replay(
        self,
        name: str,
        by: str,
        dead: bool = False,
        numbers: list[int] | None = None,
        from_number: int | None = None,
        to_number: int | None = None,
        types: list[str] | None = None,
        sites: list[str] | None = None,
    ) -> Answer:
        """Send again: dead letters, events by number, or a part of the log (of types, of sites).

        {outcome events next_number}: 10,000 at a time; go on from ``next_number`` where there is one.
        """
        row = await self._known(name)
        last = row.number if to_number is None else min(row.number, to_number)
        next_number: int | None = None
        if dead:
            found = await self._read(
                lambda reader: reader.outbox_rows(
                    name, (from_number or 1) - 1, limit=MOST_REPLAYED, state="dead"
                )
            )
            rows = [each for each in found if each.number <= last and _of(each.type, types)]
            next_number = found[-1].number + 1 if len(found) == MOST_REPLAYED else None
        elif numbers:
            wanted = sorted(set(numbers))[:1000]
            rows = await self._logged([each for each in wanted if each <= row.number])
        else:
            if from_number is None:
                raise OperatorError(SAY_WHAT)
            rows, next_number = await self._part(from_number, last, types or [], sites or [])
        again = [
            each._replace(state="waiting", attempts=0, first_ms=0, next_ms=0, reason="") for each in rows
        ]
        answer = await self._order(DestinationOrder(name, replay=again), by, "destination.replay")
        return answer | {"next_number": next_number}

    async def drop(self, name: str, by: str, numbers: list[int]) -> Answer:
        """Forget dead letters; {outcome events}; raises OperatorError."""
        if len(numbers) > MOST_REPLAYED:
            raise OperatorError(f"{MOST_REPLAYED} at a time")
        return await self._order(DestinationOrder(name, drop=numbers), by, "destination.drop")

    async def webhooks(self) -> Answer:
        """{items}, without secrets."""
        return {"items": [each.told() for each in self._webhooks.all()]}

    async def add_webhook(self, url: str, types: list[str], sites: list[str], by: str) -> Answer:
        """The webhook with its secret, which is told this once; raises OperatorError."""
        await self._noted(by, "webhook.add", "webhook")
        made = self._webhooks.add(url, types, sites, by, format_time(now_ms()))
        return {**made.told(), "secret": made.secrets[0]}

    async def rotate_webhook(self, name: str, by: str, finish: bool = False) -> Answer:
        """A new secret (told this once), or the end of an exchange; raises OperatorError."""
        await self._noted(by, "webhook.rotate", name)
        made = self._webhooks.rotate(name, finish=finish)
        return {**made.told(), "secret": None if finish else made.secrets[0]}

    async def remove_webhook(self, name: str, by: str) -> Answer:
        """{outcome}; raises OperatorError."""
        await self._noted(by, "webhook.remove", name)
        self._webhooks.remove(name)
        return {"outcome": "done"}

    @property
    def _webhooks(self) -> WebhookBook:
        assert self._book is not None
        return self._book

    async def _part(
        self, from_number: int, last: int, types: list[str], sites: list[str]
    ) -> tuple[list[OutboxRow], int | None]:
        chosen = _Chosen(FeedSettings("replay", "", "", tuple(types), tuple(sites)))
        rows: list[OutboxRow] = []
        after = max(0, from_number - 1)
        reader = self._open_reader()
        await reader.open()
        try:
            while after < last and len(rows) < MOST_REPLAYED:
                try:
                    page = await reader.feed_page(after, limit=MOST_REPLAYED - len(rows), types=None)
                except CursorGone as gone:
                    after = gone.first - 1
                    continue
                if page.last == after:
                    return rows, None
                found = (chosen.row(each.number, each.body) for each in page.events if each.number <= last)
                rows += [row for row in found if row]
                after = page.last
        finally:
            await reader.close()
        return rows, after + 1 if after < last else None

    async def _logged(self, numbers: list[int]) -> list[OutboxRow]:
        chosen = _Chosen(FeedSettings("replay", "", ""))
        events = await self._read(lambda reader: reader.logged(numbers))
        return [row for event in events if (row := chosen.row(event.number, event.body))]

    async def _order(self, order: DestinationOrder, by: str, action: str) -> Answer:
        await self._known(order.name)
        await self._noted(by, action, order.name)
        try:
            events = await self._store.order_destination(order)
        except (ValueError, LookupError) as error:
            raise OperatorError("no order for a destination") from error
        return {"outcome": "done", "events": events}

    async def _noted(self, by: str, action: str, name: str) -> None:
        if not by or len(by) > LONGEST_WHO:
            raise OperatorError("say who does it, with 64 characters at most")
        await self._note(by, action, name)

    async def _known(self, name: str) -> DestinationRow:
        rows = await self._read(lambda reader: reader.destinations())
        for row in rows:
            if row.name == name:
                return row
        raise OperatorError(NO_DESTINATION)

    async def _read(self, ask: Callable[[StoreReader], Awaitable[T]]) -> T:
        reader = self._open_reader()
        await reader.open()
        try:
            return await ask(reader)
        finally:
            await reader.close()


class _Chosen(Feed):
    """What a replay is of."""

    def row(self, number: int, body: bytes) -> OutboxRow | None:
        try:
            event = decode_event(body)
        except InvalidEvent:
            return None
        if not (self.wants_type(event.type) and self.wants(event)):
            return None
        return OutboxRow(number, event.id, event.type, order_digest(self.order_of(event)), "waiting")

    def message(self, told: Told, found: Any = None) -> Message:
        raise NotImplementedError


def _of(event_type: str, types: list[str] | None) -> bool:
    return _Chosen(FeedSettings("replay", "", "", tuple(types or ()))).wants_type(event_type)

"""Sends what the outbox holds: bundles what is due, gives it to the channels, and settles it with the ledger.

Nothing here is durable. What is sent was claimed before under a name of its own, so after a kill it goes out
again under the same name. What a channel answered stands in the ledger (NOTIFIED) in the commit that settles
the outbox.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hub.alarms.incidents.actions import Escalate, Notify, RefusedAction
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.events import format_time
from hub.notify.bundling import Message, Policy, bundle
from hub.notify.channels.parcel import Delivery, Hears, Parcel, Sender
from hub.notify.planning import is_told
from hub.notify.retrying import settled_of
from hub.notify.settings import MINUTE_MS, Language, NotifySettings
from hub.notify.wording import facts, word, word_test
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.notice_replies import Replies
from hub.runtime.sirens import Sirens
from storage.contract import StoreReader
from storage.notices import Claim, NoticeChanges, NoticeRow, Settle, Stop, ToldElsewhere

RETRY_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 3600.0
# Above it the rest waits in the store: rows of so many are a few MB.
MOST_DUE = 10_000
DAY_MS = 1440 * MINUTE_MS
KEPT_MS = 60 * DAY_MS
log = logging.getLogger(__name__)


@dataclass(slots=True)
class NoticeFigures:
    """``outcomes``: by channel and outcome since the start; ``troubles``: what a channel said last, if bad.

    ``waiting`` and ``dead`` as the store had them at the last look.
    """

    waiting: int = 0
    dead: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    troubles: dict[str, str] = field(default_factory=dict)


class Notifier:
    """``senders`` by the id of their channel. ``run`` serves until cancelled.

    While ``may_speak`` says no, nothing is begun; ``look_again`` when it says something else.
    """

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        settings: NotifySettings,
        senders: Mapping[str, Sender],
        clock: Callable[[], int] = now_ms,
        may_speak: Callable[[], bool] = lambda: True,
    ) -> None:
        self.figures = NoticeFigures()
        self._may_speak = may_speak
        self.replies = Replies(ledger, open_reader, settings, clock, self.figures.replies)
        self.sirens = Sirens(ledger, open_reader, senders, clock, self.figures.replies, self.figures.troubles)
        self._ledger = ledger
        self._open_reader = open_reader
        self._settings = settings
        self._senders = senders
        self._now_ms = clock
        self._policy = Policy(int(settings.window_minutes * MINUTE_MS), settings.most_sites)
        self._slots = {name: asyncio.Semaphore(sender.at_once) for name, sender in senders.items()}
        self._more = asyncio.Event()
        self._doing: dict[str, NoticeRow] = {}
        self._stopped: set[str] = set()
        # Since the last look at the store began: what it says of these may be old already.
        self._settled_since: set[str] = set()
        self._stops_since: dict[str, Stop] = {}
        self._elsewhere_since: list[ToldElsewhere] = []
        ledger.follow_notices(self._heard)

    async def run(self) -> None:
        """A store that is away is waited for."""
        async with asyncio.TaskGroup() as sending:
            sending.create_task(self.sirens.run(), name="sirens")
            for name, sender in self._senders.items():
                if isinstance(sender, Hears):
                    sending.create_task(
                        sender.run(partial(self.replies.heard, name)), name=f"replies[{name}]"
                    )
            while True:
                try:
                    await self._serve(sending)
                except StoreUnavailable as error:
                    log.warning("notices wait for the store", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)

    def look_again(self) -> None:
        """Something may go out now that could not."""
        self._more.set()

    def deaf(self) -> dict[str, str]:
        """Channels over which answers are not heard now, and why."""
        hearing = ((name, each) for name, each in self._senders.items() if isinstance(each, Hears))
        return {name: each.trouble for name, each in hearing if each.trouble}

    async def test(self, channel: str, person: str) -> Delivery:
        """Send a word to ``person`` (empty: the channel itself), past the outbox."""
        address = self._settings.address(person, channel)
        sender = self._senders.get(channel)
        if sender is None or address is None:
            return Delivery("refused", "no_address")
        text = word_test(self._language(person, channel))
        async with self._slots[channel]:
            return await sender.send(Parcel(f"test-{self._now_ms()}", person, address, "", text))

    async def _serve(self, sending: asyncio.TaskGroup) -> None:
        reader = self._open_reader()
        await reader.open()
        try:
            await self._ledger.call_standing(await reader.incidents_noticed())
            while True:
                self._more.clear()
                at_ms = self._now_ms()
                wake_ms = await self._pass(reader, at_ms, sending)
                await self._rest(at_ms, wake_ms)
        finally:
            await reader.close()

    async def _pass(self, reader: StoreReader, at_ms: int, sending: asyncio.TaskGroup) -> int | None:
        """Begin to send what may go; when to look again."""
        window_ms = self._policy.window_ms
        recent = await reader.recent_notices(at_ms - window_ms) if window_ms else []
        self._settled_since.clear()
        self._stops_since.clear()
        self._elsewhere_since.clear()
        due = await reader.notices_due(at_ms, limit=MOST_DUE) if self._may_speak() else []
        waiting = [row for row in due if self._waits(row)]
        messages, held_ms = bundle(waiting, recent, self._policy, at_ms)
        await self._claim(messages, at_ms)
        for message in messages:
            sending.create_task(self._send(message), name="notice")
        counts = await reader.notice_counts(at_ms)
        self.figures.waiting, self.figures.dead = counts.waiting, counts.dead
        return min((each for each in (counts.next_ms, held_ms) if each is not None), default=None)

    def _waits(self, row: NoticeRow) -> bool:
        stop = self._stops_since.get(row.incident)
        known = row.key in self._doing or row.key in self._settled_since
        elsewhere = any(is_told(row, told) for told in self._elsewhere_since)
        return not (known or elsewhere or (stop and _stops(stop, row)))

    async def _claim(self, messages: Sequence[Message], at_ms: int) -> None:
        """Write down what goes out together; raises StoreUnavailable, and nothing goes out."""
        claims = [
            Claim([row.key for row in each.rows], each.name, each.reply, at_ms)
            for each in messages
            if each.fresh
        ]
        self._doing |= {row.key: row for each in messages for row in each.rows}
        try:
            if claims:
                changes = NoticeChanges(claims=claims, forget_before_ms=at_ms - KEPT_MS)
                await self._ledger.enter(lambda book: [], notices=changes)
        except StoreUnavailable:
            self._let_go(messages)
            raise

    def _let_go(self, messages: Iterable[Message]) -> None:
        for row in (row for each in messages for row in each.rows):
            self._doing.pop(row.key, None)
            self._stopped.discard(row.key)
            self._settled_since.add(row.key)
        if not self._doing:
            self._more.set()  # there may be more than one look gives

    async def _rest(self, at_ms: int, wake_ms: int | None) -> None:
        seconds = LONGEST_WAIT_SECONDS if wake_ms is None else (wake_ms - self._now_ms()) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(0.0, seconds), LONGEST_WAIT_SECONDS)):
                await self._more.wait()

    async def _send(self, message: Message) -> None:
        slots = self._slots.get(message.channel)
        try:
            if slots is None:
                await self._settle(message.rows, Delivery("refused", "no_channel"))
                return
            async with slots:
                rows = tuple(row for row in message.rows if row.key not in self._stopped)
                if rows:
                    await self._settle(rows, await self._delivered(message, rows))
        finally:
            self._let_go([message])

    async def _delivered(self, message: Message, rows: tuple[NoticeRow, ...]) -> Delivery:
        person, channel = message.person, message.channel
        address = self._settings.address(person, channel)
        if address is None:
            return Delivery("refused", "no_address")
        left = Message(message.name, message.reply, person, channel, rows, message.fresh)
        text = word(left, self._settings, self._language(person, channel))
        told = [_told(row) for row in rows]
        parcel = Parcel(message.name, person, address, message.reply, text, told)
        delivery = await self._senders[channel].send(parcel)
        self.figures.outcomes[channel, delivery.outcome] += 1
        if delivery.outcome == "delivered":
            self.figures.troubles.pop(channel, None)
        elif self.figures.troubles.get(channel) != delivery.code:
            self.figures.troubles[channel] = delivery.code
            log.warning("notices are not delivered", extra={"channel": channel, "reason": delivery.code})
        return delivery

    async def _settle(self, rows: Sequence[NoticeRow], delivery: Delivery) -> None:
        """Until the store has it: what was delivered must not go out again."""
        while True:
            at_ms = self._now_ms()
            settles = [settled_of(row, delivery, at_ms, self._settings) for row in rows]
            try:
                await self._ledger.enter(
                    lambda book, at_ms=at_ms, settles=settles: _entries(book, rows, settles, at_ms),  # type: ignore[misc]
                    notices=NoticeChanges(settles=settles),
                )
                return
            except StoreUnavailable as error:
                log.warning("what became of a notice is not kept yet", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)

    def _heard(self, changes: NoticeChanges) -> None:
        """What a commit changed: rows that wait for their channel may not be needed any more."""
        self.sirens.look()
        for stop in changes.stops:
            if stop.due:
                self._stops_since[stop.incident] = stop
            self._stopped |= {key for key, row in self._doing.items() if _stops(stop, row)}
        self._elsewhere_since += changes.elsewhere
        self.figures.dead += sum(settle.state == "DEAD" for settle in changes.settles)
        later = [settle.due_ms for settle in changes.settles if settle.state == "WAITING"]
        if later:
            seconds = max(0.0, (min(later) - self._now_ms()) / 1000)
            asyncio.get_running_loop().call_later(seconds, self._more.set)
        if changes.new or changes.tells or changes.decisions:
            self._more.set()

    def _language(self, person: str, channel: str) -> Language:
        known = self._settings.person(person)
        if known:
            return known.language
        found = self._settings.channel(channel)
        return found.language if found else "vi"


def _stops(stop: Stop, row: NoticeRow) -> bool:
    return stop.due and row.incident == stop.incident and row.kind in ("RAISED", "REMINDER")


def _told(row: NoticeRow) -> dict[str, Any]:
    """A notice for machines: codes, ids and times as RFC 3339."""
    known = facts(row)
    return {
        "incident": row.incident,
        "kind": row.kind,
        "step": row.step,
        "site": row.site,
        "device": known["device"],
        "rule": known["rule"],
        "metric": known["metric"],
        "severity": known["severity"],
        "since": format_time(known["start"]),
        "cleared": None if known["cleared"] is None else format_time(known["cleared"]),
        "worst": None if known["worst"] is None else known["worst"] / 1000,
    }


def _entries(book: Book, rows: Iterable[NoticeRow], settles: Sequence[Settle], at_ms: int) -> list[Entry]:
    made: list[Entry] = []
    for row, settle in zip(rows, settles, strict=True):
        if settle.state == "WAITING":
            continue
        level = facts(row).get("escalates", 0)
        actions = [Escalate(level=level)] if level else []
        for action in (*actions, Notify(channel=row.channel, outcome=settle.code, to=row.person)):
            with suppress(RefusedAction):  # closed meanwhile, or so old that the book has let go of it
                made += book.act(row.incident, action, at_ms)
    return made

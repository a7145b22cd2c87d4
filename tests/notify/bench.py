"""A ledger and its notifier on a real store, with a clock of the test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Finding
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.rows import entry_from
from hub.errors import StoreUnavailable
from hub.notify.channels.opening import senders_of
from hub.notify.settings import Chain, Channel, NotifySettings, Step
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.notifier import Notifier
from hub.runtime.notify_desk import NotifyDesk
from storage.contract import Batch, Outcome
from storage.notices import NoticeRow
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.alarms.incidents.made import FREEZE, SITE
from tests.notify.gateway import Gateway
from tests.notify.made import AN, MINUTE, NOON, SETTINGS


class FailingStore(SqliteStore):
    """``fails`` says which writes do; ``committed`` tells of the others."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.fails: Callable[[Batch], bool] = lambda batch: False
        self.committed = asyncio.Condition()

    async def write(self, batch: Batch) -> Outcome:
        if self.fails(batch):
            raise StoreUnavailable("store.full")
        outcome = await super().write(batch)
        async with self.committed:
            self.committed.notify_all()
        return outcome


class Bench:
    """A hub's ledger and notifier; ``now_ms`` is its clock, so that only ``advance`` makes time pass."""

    def __init__(self, path: Path, settings: NotifySettings) -> None:
        self.store = FailingStore(path)
        self.reader = SqliteReader(path)
        self.now_ms = NOON
        self.settings = settings

        def open_reader() -> SqliteReader:
            return SqliteReader(path)

        self.ledger = AlarmLedger(
            self.store, open_reader, lambda _: None, lambda: self.now_ms, notify=settings
        )
        self.notifier = Notifier(
            self.ledger, open_reader, settings, senders_of(settings), lambda: self.now_ms
        )
        self.desk = NotifyDesk(self.ledger, self.notifier, open_reader)

    async def freeze(self, *devices: str) -> None:
        """Each of them has been too cold for an hour."""
        start_ms = self.now_ms - 60 * MINUTE
        findings = [
            Finding(
                SITE,
                device,
                FREEZE,
                (
                    Episode(
                        device,
                        "temp.vaccine",
                        "FRZE",
                        "fridge@1",
                        start_ms,
                        self.now_ms,
                        None,
                        "critical",
                        False,
                        -900,
                    ),
                ),
            )
            for device in devices
        ]
        await self.ledger.enter(lambda book: book.assess(findings, self.now_ms))

    def advance(self, minutes: float) -> None:
        self.now_ms += int(minutes * MINUTE)
        self.notifier._more.set()

    async def entries(self) -> list[Entry]:
        found: list[Entry] = []
        while page := await self.reader.incident_entries(len(found), limit=1000):
            found += map(entry_from, page)
        return found

    async def settled(self, count: int, state: Any = "DELIVERED") -> None:
        """Until so many notices have that state."""
        await self.until(lambda rows: len(rows) >= count, state)

    async def until(self, met: Callable[[list[NoticeRow]], bool], *states: Any) -> None:
        """Looks at the store after each of its commits."""
        async with asyncio.timeout(60), self.store.committed:
            while not met(
                [row for state in states for row in await self.reader.notices(state, limit=10_000)]
            ):
                await self.store.committed.wait()


@asynccontextmanager
async def running(path: Path, settings: NotifySettings) -> AsyncIterator[Bench]:
    bench = Bench(path, settings)
    await bench.store.open()
    await bench.reader.open()
    task = asyncio.create_task(bench.notifier.run())
    try:
        yield bench
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await bench.reader.close()
        await bench.store.close()


def told(hook: Gateway, *steps: Step, **changes: Any) -> NotifySettings:
    """Persons are told over the gateway alone."""
    channels = (Channel("sms", "webhook", url=hook.url, timeout_seconds=60),)
    persons = tuple(
        msgspec.structs.replace(each, reach=tuple(r for r in each.reach if r.channel == "sms"))
        for each in SETTINGS.persons
    )
    chains = (Chain("all", steps or (Step(0, (AN,)),)),)
    return msgspec.structs.replace(SETTINGS, channels=channels, persons=persons, chains=chains, **changes)

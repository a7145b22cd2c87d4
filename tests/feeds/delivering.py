"""A deliverer on a real store, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.clock import now_ms
from hub.feeds.contract import FeedSettings
from hub.feeds.kinds import open_kind
from hub.runtime.deliverer import Deliverer, Parts
from hub.runtime.destination_desk import DestinationDesk
from storage.destinations import DestinationRow, OutboxCount
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.feeds.receiver import SECRET
from tests.fire.patience import until_told

NAME = "central"


def webhook(url: str, **changed: Any) -> FeedSettings:
    options = {"url": url, "secrets": (SECRET,), "private": True, "timeout_seconds": 5}
    told: dict[str, Any] = {"name": NAME, "kind": "webhook", "target": url, "begin": "log"}
    return FeedSettings(**{**told, "options": options | changed.pop("options", {}), **changed})


@dataclass
class Delivering:
    """A store with the desk of its hub."""

    store: SqliteStore
    reader: SqliteReader
    desk: DestinationDesk
    noted: list[tuple[str, str, str]]

    @asynccontextmanager
    async def to(self, settings: FeedSettings, *, faster: int = 1) -> AsyncIterator[Deliverer]:
        """``faster``: its clock, so that pauses are short."""
        began = now_ms()

        def clock() -> int:
            return began + (now_ms() - began) * faster

        parts = Parts(self.reader, self.store.settle_destination, clock)
        deliverer = Deliverer(settings, open_kind(settings), parts)
        task = asyncio.create_task(deliverer.run())
        try:
            yield deliverer
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def row(self, name: str = NAME) -> DestinationRow:
        rows = await self.reader.destinations()
        return next((row for row in rows if row.name == name), DestinationRow(name, number=-1))

    async def counts(self, name: str = NAME) -> OutboxCount:
        return (await self.reader.outbox_counts()).get(name, OutboxCount())

    async def until_settled(self, number: int, dead: int = 0, waiting: int = 0) -> DestinationRow:
        async def so() -> bool:
            counts = await self.counts()
            there = (await self.row()).number >= number
            return there and (counts.waiting, counts.dead) == (waiting, dead)

        await until_told(so, f"settled up to {number}", 60)
        row = await self.row()
        assert row.wanted + row.replayed == row.taken + row.dropped + waiting + dead
        return row


@asynccontextmanager
async def a_store(folder: Path) -> AsyncIterator[Delivering]:
    path = folder / "store.db"
    store, reader = SqliteStore(path), SqliteReader(path)
    await store.open()
    await reader.open()
    noted: list[tuple[str, str, str]] = []

    async def note(by: str, action: str, name: str) -> None:
        noted.append((by, action, name))

    try:
        yield Delivering(store, reader, DestinationDesk(store, lambda: SqliteReader(path), note), noted)
    finally:
        await reader.close()
        await store.close()

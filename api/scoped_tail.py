"""The end of the log as somebody with a scope follows it: others' events move the place, and are not told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.scoped_reader import ScopedReader
from api.tail import Tail
from storage.contract import LoggedEvent


class ScopedTail(Tail):
    """Follows by way of the tail that all share."""

    def __init__(self, shared: Tail, reader: ScopedReader) -> None:
        self._shared = shared
        self._mine = reader

    def tells(self, event: LoggedEvent) -> bool:
        return self._mine.has_event(event)

    async def check(self, after: int) -> None:
        await self._shared.check(after)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with self._shared.following():
            yield

    async def next(self, after: int, wait_seconds: float) -> list[LoggedEvent]:
        return await self._shared.next(after, wait_seconds)

"""The end of the event log, shared by all who follow it.

One task asks the store every 250 ms while somebody follows; followers keep their own place and take
what is new from a bounded ring, or from the store when they are further behind. So a slow follower
costs nobody anything, and there is no queue that could fill.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.errors import StoreUnavailable
from storage.contract import CursorGone, LoggedEvent, StoreReader

POLL_SECONDS = 0.25
PAGE = 500
_RING_EVENTS = 2000
_RING_BYTES = 4 << 20


class Tail:
    """The newest events, and who waits for the next."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._ring: deque[LoggedEvent] = deque()
        self._ring_bytes = 0
        self._newest = 0
        self._moved = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.followers = 0

    def tells(self, event: LoggedEvent) -> bool:
        """Whether whoever follows may see it; what this refuses moves their place all the same."""
        return True

    async def check(self, after: int) -> None:
        """Raises CursorGone when the log does not hold what comes after ``after``."""
        await self._reader.events(after, limit=1)
        last = (await self._reader.figures()).last_number
        if after > last:  # the store was restored from an older copy: these numbers will be given again
            raise CursorGone(last + 1)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep the poll running while the block runs."""
        if self.followers == 0:
            self._newest = (await self._reader.figures()).last_number
            self._forget()
            self._task = asyncio.create_task(self._poll(), name="api.tail")
        self.followers += 1
        try:
            yield
        finally:
            self.followers -= 1
            if self.followers == 0 and self._task is not None:
                self._task.cancel()

    async def next(self, after: int, wait_seconds: float) -> list[LoggedEvent]:
        """What follows ``after``, in order, at most 500; nothing when it stays quiet for ``wait_seconds``."""
        if after >= self._newest:
            await self._wait(after, wait_seconds)
        if after >= self._newest:
            return []
        if self._ring and self._ring[0].number <= after + 1:
            return [event for event in self._ring if event.number > after][:PAGE]
        return await self._reader.events(after, limit=PAGE)

    async def _wait(self, after: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self._newest > after)
        except TimeoutError:
            return

    async def _poll(self) -> None:
        while True:
            try:
                fresh = await self._reader.events(self._newest, limit=PAGE)
            except StoreUnavailable:  # followers keep their place; the store is asked again
                fresh = []
            if fresh:
                await self._take(fresh)
            if len(fresh) < PAGE:
                await asyncio.sleep(POLL_SECONDS)

    async def _take(self, fresh: list[LoggedEvent]) -> None:
        async with self._moved:
            for event in fresh:
                self._ring.append(event)
                self._ring_bytes += len(event.body)
            while len(self._ring) > _RING_EVENTS or self._ring_bytes > _RING_BYTES:
                self._ring_bytes -= len(self._ring.popleft().body)
            self._newest = fresh[-1].number
            self._moved.notify_all()

    def _forget(self) -> None:
        self._ring.clear()
        self._ring_bytes = 0

"""What is told of a camera, in its order: whoever tells does not wait for the disk."""

import asyncio
from collections import deque

from adapters.cameras.health.changes import Change
from hub.contract import Fact, Outlet
from hub.errors import NotCommitted

MOST_UNTOLD = 16  # changes of one camera while the disk takes nothing; the oldest go


class HealthTeller:
    """Of one camera. ``run`` beside it."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._untold: deque[Change] = deque(maxlen=MOST_UNTOLD)
        self._news = asyncio.Event()

    def tell(self, change: Change) -> None:
        """As an event; and as the state of the device, where that is otherwise."""
        if change.told is not None:
            self._outlet.health(*change.told)
        if change.health.clock_offset_s is not None:
            self._outlet.clock(change.health.clock_offset_s)
        self._untold.append(change)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. What the disk refuses waits for the next change, for it stays full a while."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._untold:
                change = self._untold[0]
                fact = Fact(change.health, f"{change.at_ms}|{change.health.state}", change.at_ms, "received")
                try:
                    await self._outlet.emit(fact)
                except NotCommitted:
                    break
                if self._untold and self._untold[0] is change:
                    self._untold.popleft()

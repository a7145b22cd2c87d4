"""The hub says now and then that it is there: what it did not hear while it was away is explained by that."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.sink.own_statuses import own_beat, own_status
from storage.contract import Arrival

# Three of them are missing before its profile says that it was away (hub/alarms/profiles/hub.toml).
PULSE_SECONDS = 300.0
RETRY_SECONDS = 5.0
HUB = "hub"
STARTED = "hub_started"
log = logging.getLogger(__name__)

Write = Callable[[Sequence[Arrival]], Awaitable[None]]
"""Commit events of the hub's own, and tell those who wait for them; raises StoreUnavailable."""


class HubPulse:
    """``write`` commits; ``site``: where the hub stands."""

    def __init__(self, site: str, write: Write, clock: Callable[[], int] = now_ms) -> None:
        self._site = site
        self._write = write
        self._now_ms = clock

    async def begin(self) -> None:
        """Before anything is judged: it is there again. A store that is away is no reason to wait."""
        told = own_status(self._site, HUB, HUB, "ONLINE", STARTED, self._now_ms(), None)
        try:
            await self._write(told)
        except StoreUnavailable as error:
            log.warning("the hub's start is not in the log", extra={"reason": str(error)})

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            await self._beat()

    async def _beat(self) -> None:
        """Until it is in the log: how long the store was away nobody could judge either."""
        while True:
            try:
                await self._write([own_beat(self._site, HUB, self._now_ms())])
                return
            except StoreUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

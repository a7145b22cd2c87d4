"""A sign of life for a watchdog elsewhere: who hears nothing for some minutes knows that this hub is dead."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.clock import now_ms
from hub.events import format_time

if TYPE_CHECKING:
    from hub.streams.blocking_calls import BlockingCalls

BEAT_SECONDS = 60.0
TIMEOUT_SECONDS = 20.0
log = logging.getLogger(__name__)


class Heartbeat:
    """Once a minute while ``alive``: GET ``url``, and write the time into ``file``; each may be empty."""

    def __init__(self, url: str, file: str, alive: Callable[[], bool], seconds: float = BEAT_SECONDS) -> None:
        self.failing = ""
        self._url = url
        self._file = file
        self._alive = alive
        self._seconds = seconds
        self._calls: BlockingCalls | None = None

    async def run(self) -> None:
        while True:
            if self._alive():
                await self._beat()
            await asyncio.sleep(self._seconds)

    async def _beat(self) -> None:
        try:
            if self._file:
                await asyncio.to_thread(_write, Path(self._file))
            if self._url:
                await self._ping()
        except (OSError, ValueError) as error:
            self._failed(type(error).__name__)

    async def _ping(self) -> None:
        # Streams and their HTTP client are 10 MB that a hub without a watchdog does not need.
        from hub.streams.blocking_calls import BlockingCalls
        from hub.streams.web_call import call_web

        self._calls = self._calls or BlockingCalls("heartbeat", 1)
        url = urlsplit(self._url)
        status = (
            await self._calls.call(
                TIMEOUT_SECONDS, lambda: call_web(url, method="GET", seconds=TIMEOUT_SECONDS)
            )
        ).status
        self._failed("" if 200 <= status < 300 else f"http.{status}")

    def _failed(self, reason: str) -> None:
        """Told when it changes; the address may hold a key and is not."""
        if reason and reason != self.failing:
            log.warning("heartbeat is not heard", extra={"reason": reason})
        self.failing = reason


def _write(path: Path) -> None:
    """Whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(format_time(now_ms()) + "\n", encoding="ascii")
    fresh.replace(path)

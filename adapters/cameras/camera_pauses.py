"""How long a camera is left alone between two sessions, and whether it may be asked at all."""

import asyncio
from contextlib import suppress
from random import random

from adapters.cameras.camera_board import CameraBoard
from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.reconnects import Reconnects
from adapters.cameras.refused_logins import NAME, counted, mark_of, written
from adapters.cameras.rtsp.facts import Ended
from hub.contract import Outlet
from hub.errors import NotCommitted


class CameraPauses:
    """Of one camera. ``remember`` first."""

    def __init__(self, config: RtspConfig, outlet: Outlet, board: CameraBoard) -> None:
        self._config = config
        self._outlet = outlet
        self._board = board
        self._reconnects = Reconnects()
        self._mark = mark_of(config.place, config.login)
        self._wake = asyncio.Event()

    @property
    def is_locked(self) -> bool:
        """Its login was refused too often: it waits for somebody."""
        return self._reconnects.is_locked

    async def remember(self) -> None:
        """How often our login was refused before this start."""
        self._reconnects.refused_logins = counted(await self._outlet.kept(NAME), self._mark)

    async def after(self, ended: Ended, streamed_s: float | None) -> float:
        """Seconds until the next session; ``streamed_s``: how long it sent, None: nothing."""
        is_well = ended.reason == "watching"
        if is_well or streamed_s is not None:
            had = self._reconnects.refused_logins
            self._reconnects.streamed(streamed_s or 0.0)
            if had:
                await self._keep()
        if is_well:
            return self._config.duty_seconds * self._board.schedule.stretch * (0.9 + random() / 5)
        delay = self._reconnects.ended(ended.reason, random())
        if ended.reason == "unauthorized":
            await self._keep()
        if delay is None:
            return 0.0
        return delay if self._config.mode == "continuous" else max(delay, self._config.duty_seconds / 4)

    async def rest(self, seconds: float | None) -> None:
        """Until somebody wants it now, at the latest after so long; None: for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def over(self) -> None:
        """A session begins: who wanted one has it."""
        self._wake.clear()

    def end(self) -> None:
        """Somebody wants it now."""
        self._wake.set()

    async def retry(self) -> None:
        """Somebody says that it lets us in now."""
        self._reconnects.retry()
        await self._keep()
        self._wake.set()

    async def _keep(self) -> None:
        with suppress(NotCommitted):  # counted in memory all the same
            await self._outlet.keep(NAME, written(self._reconnects.refused_logins, self._mark))

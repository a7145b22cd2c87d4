"""A device that falls silent changes its state by itself: a clock runs against it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hub.contract import DeviceState

SILENT = "device.silent"


class Silence:
    """While its context is open: UNKNOWN after ``seconds`` (0: never) without a word, then ONLINE again."""

    def __init__(self, seconds: float, told: Callable[[DeviceState, str], None]) -> None:
        self._seconds = seconds
        self._told = told
        self._is_silent = True  # until the first word
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._is_silent = True
        self._wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def heard(self) -> None:
        if self._is_silent:
            self._is_silent = False
            self._told("ONLINE", "")
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._seconds:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._fell_silent)

    def _fell_silent(self) -> None:
        self._is_silent = True
        self._told("UNKNOWN", SILENT)

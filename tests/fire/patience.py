"""Waiting for what another process does: the one place of these tests that polls."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 90.0  # it only ends what hangs; a process may take twenty to start where much else runs


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return once ``condition`` holds; AssertionError naming ``what`` after ``seconds``."""

    async def asked() -> bool:
        return condition()

    await until_told(asked, what, seconds)


async def until_told(
    condition: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """The same for a condition that must be asked for."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        await asyncio.sleep(POLL_SECONDS)

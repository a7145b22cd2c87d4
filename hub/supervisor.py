"""Restart with a budget: jittered, capped, reset after a quiet time; each transition is logged once."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hub.errors import EpihubError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays double from first to longest; ``quiet_seconds`` of work forget the past."""

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    quiet_seconds: float = 60.0

    def delay(self, attempt: int) -> float:
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt, 32))
        return random.uniform(0.5, 1.0) * longest


# A broker that restarts is back within 60 ms; whoever is slower to return loses the race for nothing.
FAST = Backoff(first_seconds=0.05, longest_seconds=5.0, quiet_seconds=10.0)


async def keep_running(
    work: Callable[[], Awaitable[object]],
    *,
    name: str,
    retried: type[EpihubError] | tuple[type[EpihubError], ...],
    backoff: Backoff = Backoff(),
    failed: Callable[[str], None] = lambda reason: None,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Run ``work`` again whenever it ends or raises one of ``retried``, until cancelled; other errors go up.

    ``failed`` hears the reason each time; the log hears it when it changes. ``pause`` may end early.
    """
    loop = asyncio.get_running_loop()
    attempt, last_reason = 0, ""
    while True:
        began = loop.time()
        try:
            await _done(work, name)
            reason = "ended"
        except retried as error:
            reason = str(error)
        attempt = 0 if loop.time() - began > backoff.quiet_seconds else attempt
        if reason != last_reason or attempt == 0:
            log.warning("will try again", extra={"task": name, "reason": reason})
            last_reason = reason
        failed(reason)
        await pause(backoff.delay(attempt))
        attempt += 1


async def _done(work: Callable[[], Awaitable[object]], name: str) -> None:
    """Run ``work`` in a task of its own, so that a cancel reaches us whatever becomes of it inside.

    Before Python 3.13 a TaskGroup that fails while it is cancelled tells the failure and loses the cancel.
    """
    task = asyncio.ensure_future(work())
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            log.info("failed at its end", extra={"task": name, "reason": type(error).__name__})
        raise
    task.result()

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
) -> None:
    """Run ``work`` again whenever it ends or raises one of ``retried``, until cancelled; other errors go up.

    ``failed`` hears the reason each time; the log hears it when it changes.
    """
    loop = asyncio.get_running_loop()
    attempt, last_reason = 0, ""
    while True:
        began = loop.time()
        try:
            await work()
            reason = "ended"
        except retried as error:
            _heed_cancel()
            reason = str(error)
        attempt = 0 if loop.time() - began > backoff.quiet_seconds else attempt
        if reason != last_reason or attempt == 0:
            log.warning("will try again", extra={"task": name, "reason": reason})
            last_reason = reason
        failed(reason)
        await asyncio.sleep(backoff.delay(attempt))
        attempt += 1


def _heed_cancel() -> None:
    """A TaskGroup that fails while it is cancelled tells the failure and loses the cancel (Python < 3.13)."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError

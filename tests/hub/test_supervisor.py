"""Who is supervised can always be ended."""

import asyncio

from hub.errors import BusUnavailable
from hub.supervisor import FAST, keep_running


async def test_a_group_that_fails_while_it_is_cancelled_ends_all_the_same() -> None:
    begun = asyncio.Event()

    async def line() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BusUnavailable("the line was lost just then") from None

    async def link() -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(line())
        except* BusUnavailable as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None

    running = asyncio.create_task(keep_running(link, name="link", retried=BusUnavailable, backoff=FAST))
    await begun.wait()
    running.cancel()
    await asyncio.wait({running}, timeout=5)
    assert running.cancelled()

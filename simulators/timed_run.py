"""A simulation from its start to its end: told to stop, out of time, or done; with its progress meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from simulators.stopping import told_to_stop

PROGRESS_SECONDS = 5.0
LAST_ANSWERS_SECONDS = 15.0


class Run(Protocol):
    """``finish``: begin nothing more; ``run`` then ends with the last answers."""

    def run(self) -> Awaitable[Any]: ...

    def finish(self) -> None: ...

    def progress(self) -> str: ...


async def run_for(
    run: Run, seconds: float | None, notice: Callable[[str], None], *, while_stdin_open: bool
) -> None:
    """``seconds``: at most; None: until it is told to stop, or done. Raises the fault that ended it."""
    async with told_to_stop(while_stdin_open=while_stdin_open) as stop:
        work = asyncio.ensure_future(run.run())
        progress = asyncio.create_task(_progress(run, notice), name="progress")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait((work, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            run.finish()
            await asyncio.wait((work,), timeout=LAST_ANSWERS_SECONDS)
        finally:
            for task in (work, progress, stopped):
                task.cancel()
            ended = await asyncio.gather(work, progress, stopped, return_exceptions=True)
    _reraise(ended[0])


async def _progress(run: Run, notice: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        notice(run.progress())


def _reraise(ended: object) -> None:
    if isinstance(ended, BaseExceptionGroup):
        raise ended.exceptions[0]
    if isinstance(ended, Exception):
        raise ended

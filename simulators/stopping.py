"""When a simulation is told to stop: Ctrl-C, SIGTERM, or the end of standard input."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def told_to_stop(*, while_stdin_open: bool) -> AsyncIterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM or (when asked) the end of standard input sets."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_stdin_closed(stop), name="stdin") if while_stdin_open else None
    try:
        yield stop
    finally:
        if watch is not None:
            watch.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _stdin_closed(stop: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    stop.set()

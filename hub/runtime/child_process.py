"""What every child process of ours does: settings by stdin, then one line; SIGTERM ends it.

The line is ``ready`` when it serves, else why it cannot.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, Protocol, TypeVar

import msgspec
import uvloop

from hub import logs
from hub.errors import EpihubError, first_of
from hub.runtime.garbage_pauses import settle_memory
from hub.runtime.settings import READY

EXIT_REFUSED = 1


class ChildSettings(Protocol):
    """What every child is told."""

    @property
    def log_format(self) -> Literal["auto", "json", "terminal"]: ...

    @property
    def log_level(self) -> str: ...


S = TypeVar("S", bound=ChildSettings)


def run_child(kind: type[S], serve: Callable[[S], Awaitable[None]]) -> int:
    """Serve until SIGTERM; the exit code."""
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=kind)
    logs.setup(settings.log_format, settings.log_level)
    refusal = None
    try:
        uvloop.run(_until_ended(serve(settings)))
    except* EpihubError as errors:
        refusal = first_of(errors)
    if refusal is not None:
        _tell(str(refusal))
        return EXIT_REFUSED
    return 0


def serving() -> None:
    """Everything listens."""
    settle_memory()
    _tell(READY)


def _tell(line: str) -> None:
    """To the parent, which reads our standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _until_ended(work: Awaitable[None]) -> None:
    running = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with suppress(asyncio.CancelledError):
        await running

"""A child process that lives no longer than we do: killed with us, ended with SIGTERM, reaped."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import EpihubError

STOP_SECONDS = 5.0
# Threads here wait for disks and sockets: an arena of memory for each of them would only weigh.
_ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
log = logging.getLogger(__name__)


class ChildEnded(EpihubError):
    """A child process ended by itself; the supervisor starts it again."""


@dataclass(slots=True)
class Child:
    """``python -m module``; ``stdin`` is written once and closed, ``quiet`` drops its standard output.

    ``heard`` gets each line of its standard output; ``pid`` is 0 while it does not run.
    """

    name: str
    module: str
    arguments: Sequence[str]
    stdin: bytes = b""
    environment: dict[str, str] | None = None
    quiet: bool = False
    heard: Callable[[str], None] | None = None
    pid: int = 0

    async def run(self) -> None:
        """Raises ChildEnded when it ends; on cancel it is ended and waited for."""
        starter = f"from hub.runtime.child import tie; tie({os.getpid()}); "
        starter += f"import runpy, sys; sys.argv[1:] = {list(self.arguments)!r}; "
        starter += f"runpy.run_module({self.module!r}, run_name='__main__', alter_sys=True)"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            starter,
            stdin=PIPE,
            stdout=PIPE if self.heard else DEVNULL if self.quiet else None,
            env=_ONE_ARENA | dict(os.environ if self.environment is None else self.environment),
            start_new_session=True,
        )
        self.pid = process.pid
        try:
            await self._feed(process)
            await self._listen(process)
            code = await process.wait()
        finally:
            self.pid = 0
            await stop(process)
        raise ChildEnded(f"{self.name} ended with code {code}")

    async def _feed(self, process: Process) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(self.stdin)
            await process.stdin.drain()
            process.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            log.warning("child did not read its settings", extra={"child": self.name})

    async def _listen(self, process: Process) -> None:
        """Until it closes its standard output, at its end at the latest."""
        if self.heard and process.stdout:
            while line := await process.stdout.readline():
                self.heard(line.decode("utf-8", "replace").strip())


async def stop(process: Process) -> None:
    """SIGTERM, then SIGKILL after five seconds; reaped either way."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def tie(parent: int) -> None:
    """In the child: the kernel kills us when ``parent`` dies, so that a kill -9 leaves nothing behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)

"""One worker process: started when it is needed, ended when it fails, and every byte of it bounded."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import msgspec

from adapters.cameras.keyframes.looks import Loss, WorkerLost
from adapters.cameras.keyframes.pipe_messages import (
    LARGEST_ANSWER_BYTES,
    LENGTH,
    READY,
    Done,
    Refused,
    Task,
    decode_answer,
    packed,
)

MODULE = "adapters.cameras.keyframes.worker"
# Libraries start a thread a core and an arena of memory a thread unless they are told not to.
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class WorkerProcess:
    """Answers one task at a time; the constructor starts nothing."""

    def __init__(self, memory_mb: int, deadline_seconds: float, start_seconds: float) -> None:
        self._memory_mb = memory_mb
        self._deadline_seconds = deadline_seconds
        self._start_seconds = start_seconds
        self._process: Process | None = None
        self._cpu_before = 0.0  # of its earlier lives, as far as they told
        self._cpu = 0.0

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return self._process.pid if self._process is not None else 0

    @property
    def cpu_seconds(self) -> float:
        return self._cpu_before + self._cpu

    async def answer(self, task: Task) -> Done | Refused:
        """Raises WorkerLost: then the process is gone."""
        try:
            process = self._process or await self._start()
            async with asyncio.timeout(self._deadline_seconds):
                await _put(process, packed(task))
                answer = decode_answer(await _read(process))
        except TimeoutError as error:
            raise await self._lost("deadline") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._lost("crashed") from error
        except (msgspec.DecodeError, ValueError) as error:
            raise await self._lost("garbled") from error
        except asyncio.CancelledError:
            await self.end()
            raise
        self._cpu = answer.cpu_seconds
        return answer

    async def end(self) -> None:
        """Kill it, if it runs, and wait for it."""
        process, self._process = self._process, None
        self._cpu_before, self._cpu = self.cpu_seconds, 0.0
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _start(self) -> Process:
        """Raises WorkerLost."""
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", MODULE, str(os.getpid()), str(self._memory_mb)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self._process = started
        try:
            async with asyncio.timeout(self._start_seconds):
                is_ready = await _read(started) == READY
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise await self._lost("not_started") from error
        if not is_ready:
            raise await self._lost("not_started")
        return started

    async def _lost(self, reason: Loss) -> WorkerLost:
        await self.end()
        return WorkerLost(reason)


def _environment() -> dict[str, str]:
    """Where Python is, and nothing else: passwords stand in environments."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LD_LIBRARY_PATH")}
    python = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    return kept | python | _ALONE


async def _put(process: Process, message: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(message)
    await process.stdin.drain()


async def _read(process: Process) -> bytes:
    """One message; raises IncompleteReadError, ValueError: more than any has."""
    assert process.stdout is not None
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    if length > LARGEST_ANSWER_BYTES:
        raise ValueError("an answer of more bytes than any has")
    return await process.stdout.readexactly(length)

"""One worker process: started when it is needed, ended when it fails, and every byte of it bounded."""

import asyncio
from asyncio.subprocess import Process

import msgspec

from adapters.cameras.keyframes.looks import Loss, WorkerLost
from adapters.cameras.keyframes.pipe_messages import (
    LARGEST_ANSWER_BYTES,
    Done,
    Refused,
    Task,
    decode_answer,
    packed,
)
from adapters.cameras.keyframes.started_process import killed, put, received, started

MODULE = "adapters.cameras.keyframes.worker"


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
        if self._process is None:
            self._process = await started(MODULE, self._memory_mb, self._start_seconds)
        process = self._process
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await put(process, packed(task))
                answer = decode_answer(await received(process, LARGEST_ANSWER_BYTES))
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
        if process is not None:
            await killed(process)

    async def _lost(self, reason: Loss) -> WorkerLost:
        await self.end()
        return WorkerLost(reason)

"""Looks at keyframes, done by worker processes: killed when they take too long, started anew when they died.

A worker that was taken over by hostile bytes can give wrong scores and pictures; it cannot reach the edge.
"""

import asyncio
import logging
from collections import OrderedDict
from hashlib import sha256
from math import isfinite

from adapters.cameras.keyframes.looks import (
    LARGEST_JPEG_BYTES,
    LARGEST_MEMORY_BYTES,
    LARGEST_WALL_BYTES,
    Look,
    Seen,
    Undecodable,
    WorkerLost,
)
from adapters.cameras.keyframes.pipe_messages import Done, Refused, Task, task_of
from adapters.cameras.keyframes.worker_process import WorkerProcess

DEADLINE_SECONDS = 5.0  # of one look; a 4K keyframe takes 0.1 s of an idle machine
START_SECONDS = 30.0  # libraries of 250 MB, from a slow disk
MEMORY_MB = 640  # address space: libraries take 380, a 4K frame and what is made of it 40
MOST_POISON = 256
_MOST_SCORES = 64
log = logging.getLogger(__name__)


class KeyframeWorkers:
    """``count`` processes at most; the first look starts the first. Nothing of it is loaded into ours."""

    def __init__(
        self,
        count: int = 1,
        *,
        memory_mb: int = MEMORY_MB,
        deadline_seconds: float = DEADLINE_SECONDS,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._workers = [WorkerProcess(memory_mb, deadline_seconds, start_seconds) for _ in range(count)]
        self._free: asyncio.LifoQueue[WorkerProcess] = asyncio.LifoQueue()  # the one that runs goes first
        for worker in reversed(self._workers):
            self._free.put_nowait(worker)
        self._running: set[asyncio.Task[Done | Refused]] = set()
        self._poison: OrderedDict[bytes, None] = OrderedDict()  # SHA-256 of what a worker died of
        self._closed = False

    @property
    def cpu_seconds(self) -> float:
        """Of all workers since the start of this, as far as they told."""
        return sum(worker.cpu_seconds for worker in self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """Of those that run."""
        return tuple(worker.pid for worker in self._workers if worker.pid)

    async def look(self, look: Look) -> Seen:
        """Raises Undecodable, or WorkerLost: only this look failed, the next one is done by a new process.

        Bytes that a worker died of are given up; none is ever tried twice.
        """
        if self._is_poison(look.frame.data):
            raise Undecodable("poison")
        worker = await self._free.get()
        # A task of its own: whoever asked may be cancelled, the answer must be read all the same.
        asked = asyncio.create_task(self._ask(worker, task_of(look)), name="camera.look")
        self._running.add(asked)
        asked.add_done_callback(self._ended)
        answer = await asyncio.shield(asked)
        if isinstance(answer, Refused):
            raise Undecodable(answer.reason)
        return _seen(answer)

    async def close(self) -> None:
        """End every process; looks that run raise WorkerLost."""
        self._closed = True
        for worker in self._workers:
            await worker.end()
        if self._running:
            await asyncio.wait(self._running)

    async def _ask(self, worker: WorkerProcess, task: Task) -> Done | Refused:
        try:
            if self._closed:
                raise WorkerLost("closed")
            answer = await worker.answer(task)
            if isinstance(answer, Done) and not _is_sound(answer):
                await worker.end()
                raise WorkerLost("garbled")
            return answer
        except WorkerLost as lost:
            if self._closed:
                raise WorkerLost("closed") from lost
            if lost.reason != "not_started":
                self._remember_poison(task.data)
            log.warning("a picture worker is gone", extra={"reason": lost.reason})
            raise
        finally:
            self._free.put_nowait(worker)

    def _ended(self, asked: asyncio.Task[Done | Refused]) -> None:
        self._running.discard(asked)
        if not asked.cancelled():
            asked.exception()  # where nobody waits any more, nobody is to be told either

    def _is_poison(self, data: bytes) -> bool:
        return bool(self._poison) and sha256(data).digest() in self._poison

    def _remember_poison(self, data: bytes) -> None:
        self._poison[sha256(data).digest()] = None
        while len(self._poison) > MOST_POISON:
            self._poison.popitem(last=False)


def _is_sound(done: Done) -> bool:
    """What a worker of ours can have made."""
    small = len(done.jpeg) <= LARGEST_JPEG_BYTES and len(done.wall) <= LARGEST_WALL_BYTES
    known = len(done.memory) <= LARGEST_MEMORY_BYTES and len(done.scores) <= _MOST_SCORES
    return small and known and all(isfinite(score) and 0 <= score <= 2 for score in done.scores.values())


def _seen(done: Done) -> Seen:
    return Seen(
        done.width,
        done.height,
        done.picture_width,
        done.picture_height,
        done.jpeg,
        done.wall,
        done.scores,
        done.night,
        done.memory,
        done.learning,
        done.corrupt,
        done.took_ms,
    )

"""Natural group commit: whatever queued while the last commit ran is the next transaction. No timer.

On a disk that syncs within some milliseconds the commit runs on the event loop: a hop to a
thread and back costs more than it, and what is ready in one turn of the loop is one group anyhow.
On a slower disk it runs in a thread, and the loop goes on.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from apsw import Connection

from hub.errors import NotCommitted
from hub.spool.checkpoint import IdleCheckpoint
from hub.spool.group import GroupWriter, Pending, Work
from hub.spool.schema import open_spool

LARGEST_GROUP = 1000
QUICK_SECONDS = 0.003
QUICK_SHARE = 0.7  # of the last commits must be quick: a checkpoint, or a busy machine, may be slow
SAMPLES = 50
# One turn reads what the sockets have, the next runs the sessions it woke: eight busy analyzers then
# share a commit (2.5 a commit without); an idle line waits some ten microseconds.
GATHERING_TURNS = 2
T = TypeVar("T")
A = TypeVar("A")
log = logging.getLogger(__name__)


class Pace:
    """How long the last commits took."""

    def __init__(self) -> None:
        self._quick: deque[bool] = deque(maxlen=SAMPLES)
        self._count = 0

    def observe(self, seconds: float) -> None:
        if len(self._quick) == SAMPLES:
            self._count -= self._quick[0]
        self._quick.append(seconds < QUICK_SECONDS)
        self._count += self._quick[-1]

    @property
    def quick(self) -> bool:
        return self._count >= QUICK_SHARE * SAMPLES


class Committer:
    """Runs work in transactions; ``on_group`` hears of each group's results, in order, on the loop."""

    def __init__(
        self,
        path: Path,
        on_group: Callable[[list[Any]], None],
        on_rollback: Callable[[Connection], None],
    ) -> None:
        self.path = path
        self.on_group = on_group
        self.on_rollback = on_rollback
        self.pace = Pace()
        self._queue: list[Pending[Any]] = []
        self._busy = False
        self._writer: GroupWriter | None = None
        self._checkpoint: IdleCheckpoint | None = None
        self._thread = ThreadPoolExecutor(1, "spool-writer")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle = asyncio.Event()
        self._failed: asyncio.Future[str] | None = None
        self._closing = False

    def start(self) -> None:
        """Raises ConfigError or OperatorError when the file cannot be used."""
        self._loop = asyncio.get_running_loop()
        self._failed = self._loop.create_future()
        self._writer = GroupWriter(open_spool(self.path), self.on_rollback)
        self._checkpoint = IdleCheckpoint(self.path, self._writer.db)

    async def stop(self) -> None:
        """Commit what is queued, then end; nothing more is taken from now on."""
        if self._writer is None or self._closing:
            return
        self._closing = True
        while self._busy or self._queue:
            self._idle.clear()
            await self._idle.wait()
        self._thread.shutdown()
        if self._checkpoint:
            self._checkpoint.close()
        self._writer.db.close()

    async def failed(self) -> str:
        """The reason, once the file cannot be written any more."""
        assert self._failed is not None
        return await asyncio.shield(self._failed)

    def submit(self, work: Work[T]) -> "asyncio.Future[T]":
        """Queue at once; the future fails with NotCommitted."""
        return self.exchange(work, _ignore, _same)

    def exchange(
        self, work: Work[T], settled: Callable[[T | None], None], answer: Callable[[T], A]
    ) -> "asyncio.Future[A]":
        """Like ``submit``, but the future has ``answer`` of the result.

        ``settled`` hears the result (None: refused), also when nobody waits for the future any more.
        """
        if self._writer is None or self._closing or self._loop is None:
            raise NotCommitted("the spool is not open")
        if self._writer.broken:
            raise NotCommitted(self._writer.broken)
        if not self._queue and not self._busy:
            self._loop.call_soon(self._gather, GATHERING_TURNS)
        future: asyncio.Future[A] = self._loop.create_future()
        self._queue.append(Pending(work, future, settled, answer))
        return future

    def _gather(self, turns: int) -> None:
        """Let what has arrived meanwhile join the group: a few turns of the loop, no timer."""
        if turns:
            assert self._loop is not None
            self._loop.call_soon(self._gather, turns - 1)
        else:
            self._next()

    def _next(self) -> None:
        if self._busy or not self._queue:
            return
        group, self._queue = self._queue[:LARGEST_GROUP], self._queue[LARGEST_GROUP:]
        self._busy = True
        if self.pace.quick:
            self._commit(group, self._done)
        else:
            self._thread.submit(self._commit, group, self._tell_loop)

    def _commit(self, group: list[Pending[Any]], heard: Callable[[list[Pending[Any]]], None]) -> None:
        assert self._writer is not None
        began = perf_counter()
        try:
            self._writer.commit(group)
        finally:
            self.pace.observe(perf_counter() - began)
            heard(group)

    def _tell_loop(self, group: list[Pending[Any]]) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._done, group)

    def _done(self, group: list[Pending[Any]]) -> None:
        self._busy = False
        self.on_group([item.result for item in group if item.error is None])
        for item in group:
            item.tell()
        if self._checkpoint:
            self._checkpoint.committed()
        if self._queue and self._loop:
            self._loop.call_soon(self._next)
        else:
            self._idle.set()
        self._tell_of_break()

    def _tell_of_break(self) -> None:
        if self._writer and self._writer.broken and self._failed and not self._failed.done():
            log.critical("spool broken", extra={"reason": self._writer.broken})
            self._failed.set_result(self._writer.broken)


def _ignore(_result: object) -> None:
    return None


def _same(result: T) -> T:
    return result

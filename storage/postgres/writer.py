"""The one task that writes: batches that wait together are committed together, without a timer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import StoreBroken, StoreUnavailable
from storage.contract import Batch, Outcome
from storage.postgres.ledger import Ledger
from storage.postgres.session import Session

T = TypeVar("T")

# One commit holds this many rows at most: the event loop is ours for about 20 ms then.
MOST_ROWS_A_COMMIT = 2000


@dataclass(slots=True)
class Commit:
    """A batch that waits for the disk."""

    batch: Batch
    done: asyncio.Future[Outcome]

    @property
    def rows(self) -> int:
        return len(self.batch.arrivals) + len(self.batch.poison)


@dataclass(slots=True)
class Work:
    """Something else that the writer does in a transaction of its own."""

    do: Callable[[Session], Awaitable[Any]]
    done: asyncio.Future[Any]


class Writer:
    """Owns a Ledger from ``start`` to ``stop``. Results come in order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._queue: asyncio.Queue[Commit | Work | None] = asyncio.Queue()
        self._held: Commit | Work | None = None
        self._doing: list[Commit | Work] = []
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="store-writer")

    async def stop(self) -> None:
        """Finish what waits, then end."""
        self._queue.put_nowait(None)
        if self._task is not None:
            await asyncio.wait([self._task])

    async def write(self, batch: Batch) -> Outcome:
        commit = Commit(batch, asyncio.get_running_loop().create_future())
        self._put(commit)
        return await commit.done

    async def run(self, do: Callable[[Session], Awaitable[T]]) -> T:
        work = Work(do, asyncio.get_running_loop().create_future())
        self._put(work)
        done: T = await work.done
        return done

    def _put(self, job: Commit | Work) -> None:
        if self._ended:
            raise StoreUnavailable("store.closed: the writer has ended")
        self._queue.put_nowait(job)

    async def _run(self) -> None:
        try:
            while (job := await self._next()) is not None:
                if isinstance(job, Work):
                    await self._work(job)
                elif group := self._group(job):
                    await self._commit(group)
        finally:
            self._end()

    async def _next(self) -> Commit | Work | None:
        if self._held is not None:
            job, self._held = self._held, None
            return job
        return await self._queue.get()

    def _group(self, first: Commit) -> list[Commit]:
        """``first`` and the batches that wait behind it, up to a bounded commit."""
        group, rows = [first], first.rows
        while rows < MOST_ROWS_A_COMMIT and not self._queue.empty():
            job = self._queue.get_nowait()
            if not isinstance(job, Commit):
                self._hold(job)
                break
            group.append(job)
            rows += job.rows
        return [commit for commit in group if not commit.done.cancelled()]

    def _hold(self, job: Work | None) -> None:
        if job is None:
            self._queue.put_nowait(None)  # nothing is queued behind the end: the group is the last
        self._held = job

    async def _commit(self, group: list[Commit]) -> None:
        self._doing = [*group]
        try:
            outcomes = await self._ledger.write([commit.batch for commit in group])
        except (StoreUnavailable, StoreBroken) as error:
            for commit in group:
                _resolve(commit.done, type(error)(str(error)))
        else:
            for commit, outcome in zip(group, outcomes, strict=True):
                _resolve(commit.done, outcome)
        self._doing = []

    async def _work(self, work: Work) -> None:
        if work.done.cancelled():
            return
        self._doing = [work]
        try:
            _resolve(work.done, await self._ledger.run(lambda session, _: work.do(session)))
        except (StoreUnavailable, StoreBroken) as error:
            _resolve(work.done, error)
        self._doing = []

    def _end(self) -> None:
        """Nobody may wait for ever, also when the task ends by a fault of ours."""
        self._ended = True
        waiting = [*self._doing, *([self._held] if self._held else [])]
        while not self._queue.empty():
            if (job := self._queue.get_nowait()) is not None:
                waiting.append(job)
        for job in waiting:
            _resolve(job.done, StoreUnavailable("store.closed: the writer has ended"))


def _resolve(done: asyncio.Future[Any], outcome: Any) -> None:
    if done.done():  # whoever waited was cancelled
        return
    if isinstance(outcome, StoreUnavailable | StoreBroken):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)

"""The one thread that writes: batches that wait together are committed together, without a timer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from hub.errors import StoreBroken, StoreUnavailable
from storage.contract import Batch, Outcome
from storage.sqlite.ledger import Ledger
from storage.sqlite.session import Session

T = TypeVar("T")

# One commit holds this many rows at most: above it latency grows and throughput does not.
MOST_ROWS_A_COMMIT = 5000
# A checkpoint made when nothing waits costs no ACK; a smaller WAL is not worth one.
IDLE_SECONDS = 0.25
WORTH_A_CHECKPOINT_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Commit:
    """A batch that waits for the disk."""

    batch: Batch
    done: Future[Outcome] = field(default_factory=Future)

    @property
    def rows(self) -> int:
        return len(self.batch.arrivals) + len(self.batch.poison)


@dataclass(slots=True)
class Work:
    """Something else that the writer does in a transaction of its own."""

    do: Callable[[Session], Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Owns a Ledger from ``start`` to ``stop``. Results come as futures, in order."""

    def __init__(self, ledger: Ledger, path: Path) -> None:
        self._ledger = ledger
        self._wal = path.with_name(path.name + "-wal")
        self._queue: SimpleQueue[Commit | Work | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._ended = False
        self._held: Commit | Work | None = None
        self._doing: list[Commit | Work] = []
        self._wrote = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end; blocks."""
        self._queue.put(None)
        self._thread.join()

    def write(self, batch: Batch) -> Future[Outcome]:
        commit = Commit(batch)
        self._put(commit)
        return commit.done

    def run(self, do: Callable[[Session], T]) -> Future[T]:
        work = Work(do)
        self._put(work)
        return work.done

    def _put(self, job: Commit | Work) -> None:
        with self._gate:
            if self._ended:
                raise StoreUnavailable("store.closed: the writer has ended")
            self._queue.put(job)

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                if isinstance(job, Work):
                    self._work(job)
                elif group := self._group(job):
                    self._commit(group)
        finally:
            self._end()

    def _next(self) -> Commit | Work | None:
        if self._held is not None:
            job, self._held = self._held, None
            return job
        while True:
            try:
                return self._queue.get(timeout=IDLE_SECONDS if self._wants_checkpoint() else None)
            except Empty:
                self._ledger.checkpoint()
                self._wrote = False

    def _group(self, first: Commit) -> list[Commit]:
        """``first`` and the batches that wait behind it, up to a bounded commit."""
        group, rows = [first], first.rows
        while rows < MOST_ROWS_A_COMMIT:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if not isinstance(job, Commit):
                self._hold(job)
                break
            group.append(job)
            rows += job.rows
        return [commit for commit in group if commit.done.set_running_or_notify_cancel()]

    def _hold(self, job: Work | None) -> None:
        if job is None:
            self._queue.put(None)  # nothing is queued behind the end: the group is the last
        self._held = job

    def _commit(self, group: list[Commit]) -> None:
        self._doing = [*group]
        self._wrote = True
        try:
            outcomes = self._ledger.write([commit.batch for commit in group])
        except (StoreUnavailable, StoreBroken) as error:
            for commit in group:
                commit.done.set_exception(type(error)(str(error)))
        else:
            for commit, outcome in zip(group, outcomes, strict=True):
                _resolve(commit.done, outcome)
        self._doing = []

    def _work(self, work: Work) -> None:
        if not work.done.set_running_or_notify_cancel():
            return
        self._doing = [work]
        self._wrote = True
        try:
            work.done.set_result(self._ledger.run(work.do))
        except (StoreUnavailable, StoreBroken) as error:
            work.done.set_exception(error)
        self._doing = []

    def _wants_checkpoint(self) -> bool:
        if self._ledger.session.traces:
            return True
        try:
            return self._wrote and self._wal.stat().st_size >= WORTH_A_CHECKPOINT_BYTES
        except FileNotFoundError:
            return False

    def _end(self) -> None:
        """Nobody may wait for ever, also when the thread ends by a fault of ours."""
        with self._gate:
            self._ended = True
        waiting = [*self._doing, *([self._held] if self._held else [])]
        while True:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is not None and job.done.set_running_or_notify_cancel():
                waiting.append(job)
        for job in waiting:
            if not job.done.done():
                job.done.set_exception(StoreUnavailable("store.closed: the writer has ended"))


def _resolve(done: Future[Outcome], outcome: Outcome | StoreUnavailable) -> None:
    if isinstance(outcome, StoreUnavailable):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)

"""Natural group commit: whatever queued while the last commit ran is the next transaction. No timer.

One thread owns the connection. A group that fails is tried again piece by piece, so that one bad
row cannot take its neighbours along. After an I/O error nothing is written any more: a failed
fsync may have dropped pages that look clean (Rebello et al., ATC 2020), only a new start is safe.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, Protocol, TypeVar

import apsw

from hub.errors import NotCommitted, SpoolFull
from hub.spool.schema import open_spool

LARGEST_GROUP = 1000
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
log = logging.getLogger(__name__)


class Work(Protocol[T_co]):
    """A piece of one transaction; ``apply`` runs in the writer's thread and may run twice."""

    def apply(self, db: apsw.Connection) -> T_co: ...


class Pending(Generic[T]):
    """A piece of work and who waits for it."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Work[T], future: "asyncio.Future[T]") -> None:
        self.work = work
        self.future = future
        self.result: T | None = None
        self.error: NotCommitted | None = None


class Committer:
    """Runs work in transactions; ``on_group`` hears of each group's results, in order, on the loop."""

    def __init__(
        self,
        path: Path,
        on_group: Callable[[list[Any]], None],
        on_rollback: Callable[[apsw.Connection], None],
    ) -> None:
        self.path = path
        self.on_group = on_group
        self.on_rollback = on_rollback
        self.broken: str = ""
        self._queue: SimpleQueue[Pending[Any] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failed: asyncio.Future[str] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._failed = self._loop.create_future()
        db = open_spool(self.path)
        self._thread = Thread(target=self._run, args=(db,), name="spool-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Commit what is queued, then end."""
        if self._thread:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def failed(self) -> str:
        """The reason, once the file cannot be written any more."""
        assert self._failed is not None
        return await asyncio.shield(self._failed)

    def submit(self, work: Work[T]) -> "asyncio.Future[T]":
        """Queue at once; the future fails with NotCommitted."""
        if self.broken or self._loop is None or self._thread is None:
            raise NotCommitted(self.broken or "the spool is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Pending(work, future))
        return future

    def _run(self, db: apsw.Connection) -> None:
        try:
            while True:
                group, last = self._next_group()
                if group and self._loop:
                    self._commit(db, group)
                    self._loop.call_soon_threadsafe(self._resolve, group)
                if last:
                    return
        finally:
            db.close()

    def _next_group(self) -> tuple[list[Pending[Any]], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        group = [first]
        try:
            while len(group) < LARGEST_GROUP:
                item = self._queue.get_nowait()
                if item is None:
                    return group, True
                group.append(item)
        except Empty:
            pass
        return group, False

    def _commit(self, db: apsw.Connection, group: list[Pending[Any]]) -> None:
        if self._try(db, group) is None or self.broken:
            return
        if len(group) > 1:
            for item in group:
                self._commit(db, [item])

    def _try(self, db: apsw.Connection, group: list[Pending[Any]]) -> NotCommitted | None:
        try:
            if self.broken:
                raise NotCommitted(self.broken)
            db.execute("BEGIN IMMEDIATE")
            for item in group:
                item.result = item.work.apply(db)
            db.execute("COMMIT")
        except (apsw.Error, NotCommitted) as error:
            if not db.getautocommit():
                db.execute("ROLLBACK")
            self.on_rollback(db)
            reason = self._reason(error)
            for item in group:
                item.error = reason
            return reason
        for item in group:
            item.error = None
        return None

    def _reason(self, error: apsw.Error | NotCommitted) -> NotCommitted:
        if isinstance(error, NotCommitted):
            return error
        if isinstance(error, apsw.FullError):
            return SpoolFull("the disk is full")
        if isinstance(error, apsw.IOError | apsw.CorruptError | apsw.NotADBError):
            self.broken = f"the spool cannot be written: {type(error).__name__}"
        return NotCommitted(f"spool: {type(error).__name__}")

    def _resolve(self, group: list[Pending[Any]]) -> None:
        self.on_group([item.result for item in group if item.error is None])
        for item in group:
            if item.future.cancelled():
                continue
            if item.error is None:
                item.future.set_result(item.result)
            else:
                item.future.set_exception(item.error)
        if self.broken and self._failed and not self._failed.done():
            log.critical("spool broken", extra={"reason": self.broken})
            self._failed.set_result(self.broken)

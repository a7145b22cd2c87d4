"""One transaction for a group of pieces of work. Whoever calls ``commit`` is alone on the connection.

A group that fails is tried again piece by piece, so that one bad row cannot take its neighbours
along. After an I/O error nothing is written any more: a failed fsync may have dropped pages that
look clean (Rebello et al., ATC 2020), only a new start is safe.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast

import apsw
import msgspec

from hub.errors import EpihubError, NotCommitted, SpoolFull

# What one piece of work can cause: a row SQLite cannot hold, a capture that does not open.
_REFUSALS = (apsw.Error, EpihubError, msgspec.MsgspecError, ValueError, TypeError, OverflowError)
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Work(Protocol[T_co]):
    """A piece of one transaction; ``apply`` runs in the writer's thread and may run twice."""

    def apply(self, db: apsw.Connection) -> T_co: ...


class Pending(Generic[T]):
    """A piece of work, who waits for it, and who hears of its end first (None: it was refused)."""

    __slots__ = ("answer", "error", "future", "result", "settled", "work")

    def __init__(
        self,
        work: Work[T],
        future: "asyncio.Future[Any]",
        settled: Callable[[T | None], None],
        answer: Callable[[T], Any],
    ) -> None:
        self.work = work
        self.future = future
        self.settled = settled
        self.answer = answer
        self.result: T | None = None
        self.error: NotCommitted | None = None

    def tell(self) -> None:
        """On the loop, after the commit."""
        self.settled(None if self.error else self.result)
        if self.future.done():
            return  # whoever waited was cancelled
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer(cast(T, self.result)))


class GroupWriter:
    """``broken``: why the file cannot be written any more."""

    def __init__(self, db: apsw.Connection, on_rollback: Callable[[apsw.Connection], None]) -> None:
        self.db = db
        self.broken = ""
        self._on_rollback = on_rollback

    def commit(self, group: Sequence[Pending[Any]]) -> None:
        """Gives every piece its result or its error; a fault of ours breaks the writer, and goes up."""
        ended = False
        try:
            self._commit(group)
            ended = True
        finally:
            if not ended:
                self.broken = self.broken or "the spool's writer has ended"
                for item in group:
                    item.error = item.error or NotCommitted(self.broken)

    def _commit(self, group: Sequence[Pending[Any]]) -> None:
        if self._try(group) is None or self.broken:
            return
        if len(group) > 1:
            for item in group:
                self._commit([item])

    def _try(self, group: Sequence[Pending[Any]]) -> NotCommitted | None:
        db = self.db
        try:
            if self.broken:
                raise NotCommitted(self.broken)
            db.execute("BEGIN IMMEDIATE")
            for item in group:
                item.result = item.work.apply(db)
            db.execute("COMMIT")
        except _REFUSALS as error:
            if not db.getautocommit():
                db.execute("ROLLBACK")
            self._on_rollback(db)
            reason = self._reason(error)
            for item in group:
                item.error = reason
            return reason
        for item in group:
            item.error = None
        return None

    def _reason(self, error: Exception) -> NotCommitted:
        if isinstance(error, NotCommitted):
            return error
        if isinstance(error, apsw.FullError):
            return SpoolFull("the disk is full")
        if isinstance(error, apsw.IOError | apsw.CorruptError | apsw.NotADBError):
            self.broken = f"the spool cannot be written: {type(error).__name__}"
        return NotCommitted(f"spool: {type(error).__name__}")

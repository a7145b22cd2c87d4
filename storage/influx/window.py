"""What a server answered and what counts of it: a server may answer before anything is on its disk. Pure.

VictoriaMetrics 1.79.5 lost everything that it had answered in the last 6 s when it was killed, and nothing
of what it had answered 10 s before. So something is settled when the server was still the same process 30 s
after its answer; until then it may be sent again, which changes nothing.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from storage.projections import Rejected

SETTLE_SECONDS = 30.0
# Texts of refused lines that wait for their settling: a server that refuses everything is not fed faster.
MOST_REJECTED_WAITING = 10_000
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Answered(Generic[M]):
    """``mark``: everything up to here was answered at ``at`` (monotonic seconds), but for ``rejected``."""

    mark: M
    at: float
    rejected: Sequence[Rejected] = ()


class Window(Generic[M]):
    """``mark`` is durable; what came after it was answered, and is not settled."""

    def __init__(self, mark: M, seconds: float = SETTLE_SECONDS) -> None:
        self.mark = mark
        self.seconds = seconds
        self.rewinds = 0
        self._answered: deque[Answered[M]] = deque()
        self._rejected = 0

    @property
    def empty(self) -> bool:
        return not self._answered

    @property
    def full(self) -> bool:
        """Whether nothing more may be sent before something is settled."""
        return self._rejected >= MOST_REJECTED_WAITING

    def answered(self, mark: M, at: float, rejected: Sequence[Rejected] = ()) -> None:
        """Everything up to ``mark`` was, in its order."""
        self._answered.append(Answered(mark, at, rejected))
        self._rejected += len(rejected)

    def settled(self, heard: float) -> tuple[M, list[Rejected]] | None:
        """Up to where, and the lines to be noted with it; None: nothing yet.

        ``heard``: when the server was last known to be the process that it was at every answer in here.
        """
        known = [each for each in self._answered if each.at + self.seconds <= heard]
        if not known:
            return None
        return known[-1].mark, [line for each in known for line in each.rejected]

    def confirm(self, mark: M) -> None:
        """``mark``, as ``settled`` gave it, is durable."""
        while self._answered:
            each = self._answered.popleft()
            self._rejected -= len(each.rejected)
            if each.mark == mark:
                break
        self.mark = mark

    def back(self) -> M:
        """The server may have lost what it answered: where to begin again."""
        if self._answered:
            self.rewinds += 1
        self._answered.clear()
        self._rejected = 0
        return self.mark

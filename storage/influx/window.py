"""What a server answered and what counts of it: a server may answer before anything is on its disk. Pure.

VictoriaMetrics 1.79.5 lost everything that it had answered in the last 6 s when it was killed, and nothing
of what it had answered 10 s before. So something is settled when the server was still the same process 30 s
after its answer; until then it may be sent again, which changes nothing.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from storage.projections import Rejected

SETTLE_SECONDS = 30.0
# Texts of refused lines that wait for their settling: a server that refuses everything is not fed faster.
MOST_REJECTED_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Answered:
    """``mark``: everything up to here was answered at ``at`` (monotonic seconds), but for ``rejected``."""

    mark: int
    at: float
    rejected: Sequence[Rejected] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """``mark`` may become durable, with ``rejected``; ``answers``: of so many answers."""

    mark: int
    rejected: Sequence[Rejected]
    answers: int


class Window:
    """``mark`` is durable; what came after it was answered, and is not settled."""

    def __init__(self, mark: int, seconds: float = SETTLE_SECONDS) -> None:
        self.mark = mark
        self.seconds = seconds
        self._answered: deque[Answered] = deque()
        self._rejected = 0

    @property
    def empty(self) -> bool:
        return not self._answered

    @property
    def full(self) -> bool:
        """Whether nothing more may be sent before something is settled."""
        return self._rejected >= MOST_REJECTED_WAITING

    def answered(self, mark: int, at: float, rejected: Sequence[Rejected] = ()) -> None:
        """Everything up to ``mark`` was."""
        self._answered.append(Answered(mark, at, rejected))
        self._rejected += len(rejected)

    def older_than(self, since: float) -> bool:
        """Whether something was answered before ``since``: by another process than the one of now."""
        return bool(self._answered) and self._answered[0].at < since

    def settled(self, heard: float) -> Settled | None:
        """What may become durable; None: nothing yet.

        ``heard``: when the server was last known to be the process that it was at every answer in here.
        """
        count = sum(1 for each in self._answered if each.at + self.seconds <= heard)
        if not count:
            return None
        rejected = [line for each in islice(self._answered, count) for line in each.rejected]
        return Settled(self._answered[count - 1].mark, rejected, count)

    def confirm(self, settled: Settled) -> None:
        """It is durable."""
        for _ in range(settled.answers):
            self._answered.popleft()
        self._rejected -= len(settled.rejected)
        self.mark = settled.mark

    def back(self) -> int:
        """The server may have lost what it answered: where to begin again."""
        self._answered.clear()
        self._rejected = 0
        return self.mark

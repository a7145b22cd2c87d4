"""Up to where each epoch is complete: pure bookkeeping, no store, no clock (design 3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from hub.events import partition_of
from storage.contract import Watermark

ROWS_AHEAD = 50_000  # out of order, in memory only; the edge's window is 20,000


@dataclass(slots=True)
class EpochMark:
    """``ahead``: first seq -> (last seq, id) of what came before its turn; ``turns``: a heap of its keys."""

    edge: str
    epoch: str
    seq: int = 0
    id: str = ""
    ahead: dict[int, tuple[int, str]] = field(default_factory=dict)
    turns: list[int] = field(default_factory=list)

    def cover(self, first: int, last: int, event_id: str) -> None:
        if first > self.seq + 1:
            self._keep(first, last, event_id)
            return
        self._pass(last, event_id)
        while self.turns and self.turns[0] <= self.seq + 1:
            self._pass(*self.ahead.pop(heappop(self.turns)))

    @property
    def want(self) -> tuple[int, int] | None:
        """The first gap: what must come before anything else counts."""
        return (self.seq + 1, self.turns[0] - 1) if self.turns else None

    def _keep(self, first: int, last: int, event_id: str) -> None:
        known = self.ahead.get(first)
        if known is None and len(self.ahead) < ROWS_AHEAD:
            heappush(self.turns, first)
            self.ahead[first] = (last, event_id)
        elif known and last > known[0]:
            self.ahead[first] = (last, event_id)

    def _pass(self, last: int, event_id: str) -> None:
        if last > self.seq:
            self.seq, self.id = last, event_id


class Told(NamedTuple):
    """What a receipt may say of an epoch: taken before the transaction, told after its commit."""

    edge: str
    epoch: str
    seq: int = 0
    id: str = ""
    want: tuple[int, int] | None = None


class Watermarks:
    """All epochs of all edges, in the order in which the hub first saw them."""

    def __init__(self, known: Iterable[Watermark] = ()) -> None:
        self._marks = {(mark.edge, mark.epoch): EpochMark(*mark) for mark in known}
        self._touched: dict[tuple[str, str], None] = {}

    def cover(self, edge: str, epoch: str, first: int, last: int, event_id: str) -> None:
        """Rows first..last will be stored, quarantined or declared; ``event_id`` is that of row ``last``."""
        key = (edge, epoch)
        self._marks.setdefault(key, EpochMark(edge, epoch)).cover(first, last, event_id)
        self._touched[key] = None

    def touched(self) -> list[Told]:
        """The epochs covered since the last call, as they are now."""
        touched = [self._told(self._marks[key]) for key in self._touched]
        self._touched.clear()
        return touched

    def all(self) -> list[Told]:
        return [self._told(mark) for mark in self._marks.values()]

    @staticmethod
    def _told(mark: EpochMark) -> Told:
        return Told(mark.edge, mark.epoch, mark.seq, mark.id, mark.want)


class Committed:
    """What the store has: the only thing that receipts are made of."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], Told] = {}

    def update(self, told: Iterable[Told]) -> None:
        for mark in told:
            self._told[mark.edge, mark.epoch] = mark

    def find(self, edge: str, epoch: str) -> Told:
        return self._told.get((edge, epoch), Told(edge, epoch))

    def of_partition(self, partition: int, most: int) -> list[Told]:
        """The newest ``most`` epochs of each edge of a partition, oldest first."""
        edges = dict.fromkeys(
            mark.edge for mark in self._told.values() if partition_of(mark.edge) == partition
        )
        return [told for edge in edges for told in self._of_edge(edge)[-most:]]

    def _of_edge(self, edge: str) -> list[Told]:
        return [mark for mark in self._told.values() if mark.edge == edge]

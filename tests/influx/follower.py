"""A projector without its loop: pages as short as they like, by a clock of the test's, and back again."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from storage.contract import StoreReader
from storage.influx.cardinality import SeriesLimit
from storage.influx.closed_hours import closed_before, first_of_pass
from storage.influx.pages import PageOfLog
from storage.influx.progress import Progress
from storage.influx.projection_state import ProjectionState
from storage.influx.server import Answer
from storage.influx.settings import ProjectionSettings
from storage.influx.supply import Supply
from storage.projections import HISTORY_SENT, ProjectionChange

SETTINGS = ProjectionSettings("tsdb", "http://127.0.0.1:8428", bucket="epihub")


class Follower:
    """``write``: what a server answers; ``closed``: hours before it were over once, by ``clock_ms``."""

    def __init__(
        self, reader: StoreReader, write: Callable[[Sequence[str]], Answer], chance: Random, clock_ms: int
    ) -> None:
        self.clock_ms = clock_ms
        self.closed = closed_before(clock_ms)
        self.progress = Progress(SETTINGS.name, 0)
        self._chance = chance
        self._write = write
        self._state = ProjectionState(SETTINGS.name)
        pages = PageOfLog(SeriesLimit())
        self._supply = Supply(SETTINGS, reader, pages, "province", self._settle, lambda: self.clock_ms)
        self.start(0)

    def start(self, settled_at_ms: int) -> None:
        """As a process that is new; what is settled stays."""
        number = self.progress.log.mark
        self.progress.begin(number, HISTORY_SENT, first_of_pass(settled_at_ms, self.clock_ms))

    async def follow(self) -> None:
        """Until there is nothing more to send."""
        self.closed = max(self.closed, closed_before(self.clock_ms))
        points = self._chance.randint(1, 9)
        self._supply.settings = msgspec.structs.replace(SETTINGS, batch_points=points)
        while load := await self._supply.next(self.progress, self._state):
            while part := load.sending.next():
                load.sending.answered(self._write([line.text for line in part]), self.clock_ms)
            assert load.rejected == []
            self.progress.answered(load, at=0.0)

    def settle(self) -> None:
        """Everything that was answered."""
        self.progress.settled(heard=1.0)
        self.progress.confirm()

    async def _settle(self, change: ProjectionChange) -> None:
        raise AssertionError("the log has all there is")

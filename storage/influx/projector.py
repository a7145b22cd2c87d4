"""One projection: follows the store's log and writes it to a server, until cancelled.

What is read, in order: samples of the hub, hours that closed, the log, and (where that has no more) history.
Each is one load; it counts when all its lines are answered, and is settled 30 s later (window.py). Whatever
says that the server may have lost something (its connection broke, it did not answer) sends us back to what
is settled: then loads are made anew, of the store as it stands then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from hub.clock import now_ms
from hub.errors import EpihubError, StoreUnavailable
from hub.supervisor import Backoff, keep_running
from storage.contract import CursorGone, StoreReader
from storage.influx.cardinality import SeriesLimit
from storage.influx.closed_hours import first_of_pass
from storage.influx.loads import Load
from storage.influx.measurements.hub import HubSample
from storage.influx.pages import PageOfLog
from storage.influx.progress import Progress
from storage.influx.projection_state import ProjectionState
from storage.influx.resting import Resting
from storage.influx.sending import SendingInterrupted
from storage.influx.settings import ProjectionSettings
from storage.influx.supply import Supply
from storage.influx.window import SETTLE_SECONDS
from storage.influx.writing import Writer
from storage.projections import HISTORY_SENT, ProjectionChange, ProjectionRow

IDLE_SECONDS = 0.25
LOOK_SECONDS = 1.0


class NotSettled(EpihubError):
    """The hub did not make durable what it was told; nothing is lost, and it is told again."""


class Watch(Protocol):
    """What is asked of a RestartWatch."""

    breaks: int
    since: float | None
    seen_at: float | None

    async def run(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Collaborators:
    """``settle`` is durable when it returns, raises NotSettled; ``sample``: None while the hub is away."""

    reader: StoreReader
    writer: Writer
    watch: Watch
    settle: Callable[[ProjectionChange], Awaitable[None]]
    sample: Callable[[], Awaitable[HubSample | None]]


class Projector:
    """``hub``: its name, as samples have it."""

    def __init__(
        self,
        settings: ProjectionSettings,
        parts: Collaborators,
        *,
        hub: str,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.settings = settings
        self.parts = parts
        self.state = ProjectionState(settings.name)
        self.progress = Progress(settings.name, settle_seconds)
        self._limit = SeriesLimit(settings.series_most)
        self._supply = Supply(settings, parts.reader, PageOfLog(self._limit), hub, parts.settle, clock)
        self._clock = clock
        self._resting = Resting()
        self._load: Load | None = None
        self._look_due = self._settle_due = 0.0
        self._breaks = 0
        self._over_told = 0

    async def run(self) -> None:
        """Until cancelled; what fails (the store is away, the hub starts again) is tried again."""
        name, retried = self.settings.name, (StoreUnavailable, NotSettled)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.parts.watch.run(), name=f"watch[{name}]")
            tasks.create_task(self._sample(), name=f"samples[{name}]")
            await keep_running(
                self.follow, name=f"projection[{name}]", retried=retried, backoff=Backoff(0.5, 10)
            )

    async def follow(self) -> None:
        """From what is settled on; raises StoreUnavailable, NotSettled."""
        await self.parts.reader.open()  # again, too
        await self._begin()
        try:
            while True:
                if not await self._turn():
                    await asyncio.sleep(IDLE_SECONDS)
        finally:
            await self._drop()

    async def _begin(self) -> None:
        target = self.settings.target
        row = await self._row()
        if row is None or row.target != target:
            anew = ProjectionChange(self.settings.name, begin=True, target=target, history_day=HISTORY_SENT)
            await self.parts.settle(anew)
            row = ProjectionRow(self.settings.name, number=await self._begun_at())
        self._over_told = row.series_over_limit
        before = HISTORY_SENT if row.history_day is None else row.history_day
        self.progress.begin(row.number, before, first_of_pass(row.settled_at_ms, self._clock()))
        self._supply.pages.know(await self.parts.reader.series())

    async def _begun_at(self) -> int:
        """Durable: whatever the log forgets from now on is a gap, however long the server is away."""
        try:
            await self.parts.reader.log_page(0, limit=1, types=())
        except CursorGone as gone:
            if not self.settings.history:
                await self.parts.settle(ProjectionChange(self.settings.name, number=gone.first - 1))
                return gone.first - 1
        return 0

    async def _row(self) -> ProjectionRow | None:
        rows = await self.parts.reader.projections()
        return next((row for row in rows if row.name == self.settings.name), None)

    async def _turn(self) -> bool:
        """Whether there may be more to do at once."""
        if monotonic() >= self._look_due:
            await self._look()
        await self._notice_restart()
        await self._settle()
        if self.state.paused_by or self._resting.rests(monotonic(), self.parts.watch.since):
            return False
        if self.parts.watch.since is None:
            self.state.stands("away", "no_connection")
            return False
        if self.progress.full:
            return False
        self._load = self._load or await self._supply.next(self.progress, self.state)
        return await self._carry(self._load) if self._load else False

    async def _look(self) -> None:
        """Once a second: whether somebody paused it, and how far behind it is."""
        self._look_due = monotonic() + LOOK_SECONDS
        row, reader, state = await self._row(), self.parts.reader, self.state
        if row is None:
            raise NotSettled("the store has forgotten this projection")  # restored: it begins anew
        oldest_ms = await reader.oldest_unprojected(self.progress.number)
        state.backlog = await reader.events_after(self.progress.number)
        state.lag_seconds = max(0.0, (now_ms() - oldest_ms) / 1000) if oldest_ms is not None else 0.0
        state.of_row(row)
        self._tell_progress()
        state.series, state.series_over_limit = self._limit.series, self._limit.over

    def _tell_progress(self) -> None:
        state, progress = self.state, self.progress
        state.answered, state.rewinds = progress.number, progress.rewinds
        state.samples_waiting, state.samples_dropped = progress.samples.waiting, progress.samples.dropped

    async def _notice_restart(self) -> None:
        watch = self.parts.watch
        older = watch.since is not None and self.progress.older_than(watch.since)
        if watch.breaks != self._breaks or older:
            self._breaks = watch.breaks
            await self._back()

    async def _back(self) -> None:
        self.progress.back()
        self._tell_progress()
        await self._drop()

    async def _drop(self) -> None:
        self._load = None
        await self._supply.again()

    async def _settle(self) -> None:
        heard = self.parts.watch.seen_at
        if heard is None or monotonic() < self._settle_due:
            return
        changes = list(self.progress.settled(heard))
        if (over := self._limit.over) != self._over_told:
            changes.append(ProjectionChange(self.settings.name, series_over_limit=over))
        try:
            for change in changes:
                await self.parts.settle(change)
        except NotSettled:
            self._settle_due = monotonic() + LOOK_SECONDS  # the hub starts again: what was answered waits
            return
        self._over_told = over
        self.progress.confirm()

    async def _carry(self, load: Load) -> bool:
        began = monotonic()
        try:
            while part := load.sending.next():
                answer = await asyncio.to_thread(self.parts.writer.write, [line.text for line in part])
                self.state.heard(answer, len(part), now_ms())
                load.sending.answered(answer, now_ms())
        except SendingInterrupted as error:
            await self._rest(error)
            return False
        self._load = None
        self._resting.taken()
        self.progress.answered(load, monotonic())
        self._tell_progress()
        self._supply.done(load, monotonic() - began)
        return True

    async def _rest(self, interrupted: SendingInterrupted) -> None:
        answer, now = interrupted.answer, monotonic()
        self.state.stands(*self._resting.begin(answer, now))
        if self._resting.lost:
            await self._back()

    async def _sample(self) -> None:
        while True:
            sample = None if self.state.paused_by else await self.parts.sample()
            if sample:
                own = {"backlog": self.state.backlog, "lag_seconds": self.state.lag_seconds}
                parts = {**sample.parts, f"projection.{self.settings.name}": own}
                self.progress.samples.add(sample._replace(parts=parts))
            await asyncio.sleep(self.settings.health_seconds)

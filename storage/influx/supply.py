"""What a projection sends next: samples of the hub, hours that closed, the log, and history after the log."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from time import monotonic

from storage.contract import CursorGone
from storage.influx.closed_hours import closed_before, end_of_load, page_of_hours
from storage.influx.following import page_after
from storage.influx.history import HistoryPage, first_history_day, pages_of_history
from storage.influx.loads import Load, Loading
from storage.influx.pages import PageOfLog
from storage.influx.progress import Progress
from storage.influx.projection_state import ProjectionState
from storage.influx.settings import ProjectionSettings
from storage.projections import HISTORY_SENT, ProjectionChange, ProjectionReader

# A page is held in memory as events, as lines and as a request.
MOST_PAGE_EVENTS = 5000


class Supply:
    """``settle`` makes a change durable; ``clock``: Unix ms."""

    def __init__(
        self,
        settings: ProjectionSettings,
        reader: ProjectionReader,
        pages: PageOfLog,
        hub: str,
        settle: Callable[[ProjectionChange], Awaitable[None]],
        clock: Callable[[], int],
    ) -> None:
        self.settings = settings
        self.pages = pages
        self.loading = Loading(pages, hub, settings.batch_points)
        self._reader = reader
        self._settle = settle
        self._clock = clock
        self._history: AsyncGenerator[HistoryPage, None] | None = None
        self._history_due = 0.0

    async def next(self, progress: Progress, state: ProjectionState) -> Load | None:
        """None: nothing just now. Raises StoreUnavailable and what ``settle`` raises."""
        if samples := progress.samples.next():
            return self.loading.of_samples(samples, self._clock())
        if load := await self._of_hours(progress):
            return load
        limit = min(self.settings.batch_points, MOST_PAGE_EVENTS)
        try:
            page = await page_after(
                self._reader, self.pages, progress.number, limit, hours_before=progress.hours
            )
        except CursorGone as gone:
            await self._skip(gone.first, progress)
            return None
        if page.last > progress.number:
            state.stands("catching_up")
            return self.loading.of_log(page, self._clock())
        return await self._of_history(progress, state)

    def done(self, load: Load, seconds: float) -> None:
        """It is answered, ``seconds`` after it was begun.

        History takes no more than half of the time: a server has other guests.
        """
        self.loading.done(load)
        if load.of_history:
            self._history_due = monotonic() + seconds

    async def again(self) -> None:
        """What was read and not answered is read again."""
        history, self._history = self._history, None
        if history:
            await history.aclose()

    async def _skip(self, first: int, progress: Progress) -> None:
        """The log begins at ``first``: readings before it are in the tables, and hours."""
        before = await first_history_day(self._reader, self._clock())
        await self._settle(ProjectionChange(self.settings.name, history_day=before))
        await self.again()
        progress.begin_history(before)
        progress.skip(first - 1, monotonic())

    async def _of_hours(self, progress: Progress) -> Load | None:
        closed = closed_before(self._clock())
        progress.closed(closed)
        if progress.hours >= closed:
            return None
        end = end_of_load(progress.hours, closed)
        page = await page_of_hours(self._reader, self.pages, progress.hours, end)
        return self.loading.of_hours(page, end, self._clock())

    async def _of_history(self, progress: Progress, state: ProjectionState) -> Load | None:
        if progress.before == HISTORY_SENT:
            state.stands("following")
            return None
        state.stands("history")
        if monotonic() < self._history_due:
            return None
        if self._history is None:
            self._history = pages_of_history(
                self._reader,
                self.pages,
                progress.before,
                hours_before=progress.hours,
                most_lines=self.loading.most,
                now_ms=self._clock(),
            )
        return self.loading.of_history(await anext(self._history), self._clock())

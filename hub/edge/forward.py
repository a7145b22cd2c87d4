"""One ``[[forward]]``: captures of a device, as they came, to the hospital's own system, in commit order.

Its queue is in the spool (hub.spool.forwards), so nothing here is durable: killed in the middle, the one
message that was outstanding goes out once more. It never delays an answer to the analyzer, and nothing of
a message goes to the bus, the store or the log.

A host query of the device goes on the same line, before what is owed and behind the one message that is
outstanding; while no line stands it opens one, whatever pause that cuts short.

Orders that the other side sends by itself are passed on to a device that takes them, and the device's answer
is theirs; nobody keeps them. For such a device a line always stands.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from hub.contract import Answered, Frame, Settled
from hub.edge.courier import Line, Unanswered
from hub.edge.forward_lines import ForwardCounters, ForwardSettings, Opener
from hub.edge.host_queries import HostQueries, HostQuery
from hub.errors import DeviceUnavailable, NoAnswer, NotCommitted, OperatorError
from hub.spool import ForwardBook, Owed, Spool
from hub.streams.clock import now_ms
from hub.supervisor import Backoff, keep_running

STALLED_SECONDS = 900.0
Alarm = Callable[[str, Literal["info", "warning", "critical"], str], None]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Forward:
    """``run`` serves until cancelled. ``stands``: a line is held also while nothing waits."""

    settings: ForwardSettings
    spool: Spool
    open_line: Opener
    alarm: Alarm
    counters: ForwardCounters = field(default_factory=ForwardCounters)
    stands: bool = False
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _decided: asyncio.Event = field(default_factory=asyncio.Event)
    _failing_since: float | None = None
    _stalled: bool = False
    _opened: bool = False
    host_queries: HostQueries = field(init=False)

    def __post_init__(self) -> None:
        self.host_queries = HostQueries(self._more.set)
        self.spool.forwards.listen(self.settings.id, self._heard)

    @property
    def book(self) -> ForwardBook:
        return self.spool.forwards.book(self.settings.id)

    async def run(self) -> None:
        await keep_running(
            self._serve,
            name=f"forward[{self.settings.id}]",
            retried=(DeviceUnavailable, NotCommitted),
            backoff=self._backoff,
            failed=self._line_failed,
            pause=self._rest,
        )

    async def ask(self, query: Frame) -> bytes:
        """What the other side answers, as it came; raises NoAnswer within ``answer_seconds``.

        One that only takes results would keep every device waiting for so long: it is asked again later.
        """
        if self.host_queries.resting:
            raise NoAnswer("query.resting")
        return await self.host_queries.ask(query.raw, self.settings.answer_seconds)

    @property
    def _backoff(self) -> Backoff:
        settings = self.settings
        return Backoff(settings.retry_seconds, settings.retry_longest_seconds)

    async def _serve(self) -> None:
        """One line after the other; none stands before something waits, but for the other side's orders."""
        while True:
            self._opened = False
            if not self.stands:
                await self._until_owed()
            async with self.open_line(self._dropped) as line:
                self._opened = self.counters.connected = True
                try:
                    while await self._goes_on(line) and await self._next(line):
                        pass
                finally:
                    self.counters.connected = False
            if self.stands:
                await self._until_owed_for(self.settings.retry_seconds)

    async def _until_owed_for(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._until_owed()
        except TimeoutError:
            pass

    async def _next(self, line: Line) -> bool:
        """A query or what is owed; False: what is heard on this line from now on belongs to nothing."""
        query = self.host_queries.next()
        if query:
            return await self._ask(query, line)
        return await self._deliver(line) if self.book.waiting else True

    async def _ask(self, query: HostQuery, line: Line) -> bool:
        try:
            await line.ready()
        except DeviceUnavailable:
            self.host_queries.put_back(query)
            raise
        asking = asyncio.ensure_future(line.ask(query.raw))
        await first_of(asking, query.given_up())
        if asking.cancelled():
            return False
        error = asking.exception()
        if error:
            query.fail(str(error))
            raise error
        end = asking.result()
        if isinstance(end, Answered):
            query.answer(end.raw)
            return True
        query.fail(end.code)
        return not end.hang_up

    async def _until_owed(self) -> None:
        while not (self.book.waiting or self.host_queries.waiting):
            self._well()
            self._more.clear()
            await self._more.wait()

    async def _goes_on(self, line: Line) -> bool:
        """Something waits, and the line stands; False when it ended in peace."""
        if self.book.waiting or self.host_queries.waiting:
            return True
        owed = asyncio.ensure_future(self._until_owed())
        await first_of(
            owed, line.ended()
        )  # a line that was reset while nothing was outstanding is no failure
        return owed.done() and not owed.cancelled()

    async def _deliver(self, line: Line) -> bool:
        """The head of the queue, once."""
        owed = await self.spool.forwards.head(self.settings.id)
        if owed is None:
            await self.spool.forwards.load()  # the books say otherwise: read them anew
            return True
        try:
            capture = await self.spool.load_capture(owed.capture)
        except OperatorError:
            await self._give_up(owed, "capture.unreadable")
            return True
        await line.ready()
        self.counters.repeated += owed.tries > 0
        try:
            settled = await line.deliver(capture.contents.raw, capture.id.hex())
        except Unanswered as error:
            await self._again(owed, str(error))
            raise
        return await self._settle(owed, settled, line)

    async def _settle(self, owed: Owed, settled: Settled, line: Line) -> bool:
        match settled.outcome:
            case "DELIVERED":
                await self.spool.forwards.settle(
                    self.settings.id, owed.n, "DELIVERED", settled.code, now_ms()
                )
                self.counters.delivered += 1
                self.counters.delivered_ms = now_ms()
                self._well()
            case "REFUSED":
                await self._give_up(owed, settled.code)
                self._well()
            case "AGAIN":
                kept = await self._again(owed, settled.code)
                self._failed(settled.code)
                if settled.hang_up:
                    raise DeviceUnavailable(settled.code)
                if kept:
                    return await self._pause(self._backoff.delay(owed.tries), line)
        return True

    async def _again(self, owed: Owed, code: str) -> bool:
        """Whether it stays at the head of the queue."""
        if self.settings.tries and owed.tries + 1 >= self.settings.tries:
            await self._give_up(owed, code)
            return False
        return await self.spool.forwards.settle(self.settings.id, owed.n, "WAITING", code, now_ms())

    async def _give_up(self, owed: Owed, code: str) -> None:
        if await self.spool.forwards.settle(self.settings.id, owed.n, "DEAD", code, now_ms()):
            self.counters.dead += 1
            if self.book.dead == 1:  # one alarm for all until somebody has dealt with them
                self.alarm(
                    "forward.dead_letter", "warning", f"{self.settings.id}: a message was given up ({code})"
                )

    async def _pause(self, seconds: float, line: Line) -> bool:
        """Until the time is over or somebody changed the queue; queries go on. False: the line is used up."""
        self._decided.clear()
        end = asyncio.get_running_loop().time() + seconds
        while not self._decided.is_set():
            query = self.host_queries.next()
            if query and not await self._ask(query, line):
                return False
            try:
                async with asyncio.timeout_at(end):
                    await first_of(self._decided.wait(), self.host_queries.come())
            except TimeoutError:
                break
        return True

    async def _rest(self, seconds: float) -> None:
        """Between two lines: a query does not wait for the end of the pause."""
        try:
            async with asyncio.timeout(seconds):
                await self.host_queries.come()
        except TimeoutError:
            pass

    def _heard(self, by_hand: bool) -> None:
        self._more.set()
        if by_hand:
            self._decided.set()

    def _dropped(self, code: str) -> None:
        self.counters.dropped += 1
        log.warning("answer dropped", extra={"forward": self.settings.id, "reason": code})

    def _line_failed(self, reason: str) -> None:
        """Of a line that was only wanted for a query its device is told."""
        if not self._opened:
            self.host_queries.fail(reason)
        if self.book.waiting:
            self._failed(reason)

    def _failed(self, reason: str) -> None:
        now = asyncio.get_running_loop().time()
        self.counters.trouble = reason
        self._failing_since = now if self._failing_since is None else self._failing_since
        if not self._stalled and now - self._failing_since >= STALLED_SECONDS:
            self._stalled = True
            waiting = self.book.waiting
            self.alarm(
                "forward.stalled", "critical", f"{self.settings.id}: {reason}; {waiting} messages wait"
            )

    def _well(self) -> None:
        self.counters.trouble, self._failing_since, self._stalled = "", None, False


async def first_of(*waited: Awaitable[object]) -> None:
    """Until one has ended, however; none of the others is left behind."""
    tasks = [asyncio.ensure_future(each) for each in waited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()

"""Host queries on their way to the hospital's own system: before what is owed, and nobody waits for long."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.errors import NoAnswer

MOST_WAITING = 16
MOST_SILENCES = 3  # in turn; then nobody is asked for a while
REST_SECONDS = 300.0
QUICK_SECONDS = 1.0  # a refusal that costs the device no time is no silence


@dataclass(eq=False, slots=True)
class HostQuery:
    """``due``: when the device is told something else, in the loop's time."""

    raw: bytes
    due: float
    told: "asyncio.Future[bytes]"
    lines: int = 0

    @property
    def over(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.told.done()

    async def given_up(self) -> None:
        """Waits until nobody waits for the answer any more: its time is over, or the device's line."""
        await asyncio.wait({self.told})

    def answer(self, raw: bytes) -> None:
        if not self.over:
            self.told.set_result(raw)

    def fail(self, reason: str) -> None:
        if not self.over:
            self.told.set_exception(NoAnswer(reason))


@dataclass(slots=True)
class HostQueries:
    """Of one forward; ``more`` hears of each new one. All methods belong to the loop's thread."""

    more: Callable[[], None]
    _waiting: deque[HostQuery] = field(default_factory=deque)
    _come: asyncio.Event = field(default_factory=asyncio.Event)
    _silences: int = 0
    _rests_until: float = 0.0

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def resting(self) -> bool:
        """Whether the other side was silent so often that it is not asked now."""
        return asyncio.get_running_loop().time() < self._rests_until

    async def ask(self, raw: bytes, seconds: float) -> bytes:
        """The answer as it came; raises NoAnswer."""
        if len(self._waiting) >= MOST_WAITING:
            raise NoAnswer("query.too_many")
        loop = asyncio.get_running_loop()
        query = HostQuery(raw, loop.time() + seconds, loop.create_future())
        self._waiting.append(query)
        self._come.set()
        self.more()
        told = False
        try:
            async with asyncio.timeout_at(query.due):
                answer = await query.told
                told = True
                return answer
        except TimeoutError as error:
            raise NoAnswer("no_answer") from error
        finally:
            waited = loop.time() - query.due + seconds
            self._heard(told=told, quick=waited < min(QUICK_SECONDS, seconds))

    def _heard(self, *, told: bool, quick: bool) -> None:
        if told:
            self._silences = 0
        elif not quick:
            self._silences += 1
            if self._silences >= MOST_SILENCES:
                self._rests_until = asyncio.get_running_loop().time() + REST_SECONDS

    async def come(self) -> None:
        """Waits until one waits."""
        while not self._waiting:
            self._come.clear()
            await self._come.wait()

    def next(self) -> HostQuery | None:
        """The oldest for whose answer somebody waits."""
        while self._waiting:
            query = self._waiting.popleft()
            if not query.over:
                return query
        return None

    def put_back(self, query: HostQuery) -> None:
        """Its line had ended before it went out: once more on another one."""
        query.lines += 1
        if query.lines > 1:
            query.fail("line.closed")
        else:
            self._waiting.appendleft(query)
            self._come.set()

    def fail(self, reason: str) -> None:
        """There is no line: nobody is kept waiting for one."""
        while query := self.next():
            query.fail(reason)

"""What the gates of the edge beside us show now, for every screen and page that follows: one task asks.

In memory only, and for seconds only. Whoever follows hears every answer of the edge, also one without news:
no answer means that nothing is known.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from api.problems import Problem

BEAT_SECONDS = 1.0  # how long the edge may keep a question before it answers that there is nothing new
SHOWN_SECONDS = 6.0  # then a screen goes blank
_AGAIN_SECONDS = 0.25
_MOST = 256

Ask = Callable[[int, int, float], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class LiveScreen:
    """``told``: {device at_ms decision reason remarks initials birth_year took_ms}; ``from_s``: monotonic."""

    number: int
    from_s: float
    told: dict[str, Any]


@dataclass(slots=True)
class Standing:
    """How the gates stand: {device: {state reason clock_offset_s}}; ``away``: the edge does not answer."""

    away: bool = True
    gates: dict[str, dict[str, Any]] = field(default_factory=dict)


class GateScreens:
    """Asks only while somebody follows."""

    def __init__(self, ask: Ask, now_s: Callable[[], float] = monotonic) -> None:
        self.standing = Standing()
        self._ask = ask
        self._now_s = now_s
        self._kept: deque[LiveScreen] = deque(maxlen=_MOST)
        self._newest = 0
        self._life = 0
        self._after = 0
        self._heard = asyncio.Condition()
        self._answers = 0
        self._task: asyncio.Task[None] | None = None
        self._followers = 0

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep asking while the block runs."""
        self._followers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="api.gate_screens")
        try:
            yield
        finally:
            self._followers -= 1
            if self._followers == 0:
                self._task.cancel()
                self._task = None
                self._forget()

    async def next(self, device: str | None, after: int) -> tuple[int, list[LiveScreen]]:
        """Wait for the edge's next answer: (the new ``after``, what ``device`` (None: any) shows since).

        Begin with ``after`` 0: then what still stands on screens comes at once.
        """
        if after == 0 or after >= self._newest:
            await self._answer()
        oldest_s = self._now_s() - SHOWN_SECONDS
        fresh = [one for one in self._kept if one.number > after and one.from_s > oldest_s]
        return self._newest, [one for one in fresh if device in (None, one.told["device"])]

    def left_ms(self, screen: LiveScreen) -> int:
        """How long it stays on a screen from now."""
        return max(0, round((screen.from_s + SHOWN_SECONDS - self._now_s()) * 1000))

    async def _answer(self) -> None:
        seen = self._answers
        async with self._heard:
            await self._heard.wait_for(lambda: self._answers != seen)

    async def _follow(self) -> None:
        while True:
            try:
                told = await self._ask(self._life, self._after, BEAT_SECONDS)
            except Problem:
                await self._take({}, away=True)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            await self._take(told, away=False)

    async def _take(self, told: dict[str, Any], *, away: bool) -> None:
        now_s = self._now_s()
        async with self._heard:
            if away:
                self._forget()
            else:
                self._life, self._after = int(told["life"]), int(told["newest"])
                self.standing = Standing(away=False, gates=told["gates"])
            for one in told.get("items", ()):
                self._newest += 1
                self._kept.append(LiveScreen(self._newest, now_s - one.pop("age_ms") / 1000, one))
            while self._kept and self._kept[0].from_s < now_s - SHOWN_SECONDS:
                self._kept.popleft()
            self._answers += 1
            self._heard.notify_all()

    def _forget(self) -> None:
        self.standing = Standing()
        self._kept.clear()

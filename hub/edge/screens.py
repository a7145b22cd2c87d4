"""What the screens beside gates show now: in memory, newest last, forgotten within seconds."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from hub.contract import Screen

KEPT_SECONDS = 10.0  # somebody who scanned is gone by then, and what is old must not look live
MOST_SCREENS = 256  # of all gates of an edge: more in ten seconds than doors let through
LONGEST_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Shown:
    """``number`` counts from 1 in one life of the process; ``shown_s`` on the monotonic clock."""

    number: int
    shown_s: float
    screen: Screen


class Screens:
    """One of an edge; a restart forgets everything, and who asks is told by ``life`` that it was one."""

    def __init__(self, life: Callable[[], int], now_s: Callable[[], float] = monotonic) -> None:
        self._life = life
        self._now_s = now_s
        self._kept: deque[Shown] = deque(maxlen=MOST_SCREENS)
        self._newest = 0
        self._changed = asyncio.Event()

    @property
    def life(self) -> int:
        """Numbers are those of this life (the spool's session)."""
        return self._life()

    @property
    def newest(self) -> int:
        return self._newest

    def show(self, screen: Screen) -> None:
        """Keep it and wake whoever waits; never waits itself, never fails."""
        self._newest += 1
        self._kept.append(Shown(self._newest, self._now_s(), screen))
        self._changed.set()
        self._changed = asyncio.Event()

    def forget(self) -> None:
        """Drop what is older than ``KEPT_SECONDS``; the edge calls it every second."""
        oldest_s = self._now_s() - KEPT_SECONDS
        while self._kept and self._kept[0].shown_s < oldest_s:
            self._kept.popleft()

    def since(self, life: int, after: int) -> list[tuple[int, Screen]]:
        """(age in ms, screen) of what came after number ``after`` of ``life``, oldest first."""
        self.forget()
        now_s = self._now_s()
        seen = after if life == self.life else 0
        return [(round((now_s - one.shown_s) * 1000), one.screen) for one in self._kept if one.number > seen]

    async def wait(self, life: int, after: int, seconds: float) -> None:
        """Return when there is something after ``after``, after ``seconds`` (5 at most) at the latest."""
        if life != self.life or after != self._newest:
            return
        changed = self._changed
        try:
            async with asyncio.timeout(max(0.0, min(seconds, LONGEST_WAIT_SECONDS))):
                await changed.wait()
        except TimeoutError:
            return

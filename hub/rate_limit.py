"""How often one event may be told: a burst in a window, then silence with a count."""

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

BURST = 20
WINDOW_SECONDS = 10.0
MOST_KEYS = 1000  # texts are constants of ours; other libraries may put values into theirs


@dataclass(slots=True)
class _Window:
    ends: float
    told: int = 0
    suppressed: int = 0


class RateLimit(Generic[K]):
    """Not for several threads at once: logging holds the handler's lock while it asks."""

    def __init__(
        self,
        burst: int = BURST,
        window_seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.burst = burst
        self.window_seconds = window_seconds
        self.clock = clock
        self._windows: dict[K, _Window] = {}
        self._over: list[tuple[K, int]] = []
        self._next_look = 0.0

    def allows(self, key: K) -> bool:
        """Whether the event may be told now; if not, it is counted."""
        now = self.clock()
        self._look(now)
        window = self._windows.get(key)
        if window is None:
            self._make_room()
            window = self._windows[key] = _Window(now + self.window_seconds)
        if window.told < self.burst:
            window.told += 1
            return True
        window.suppressed += 1
        return False

    def suppressed(self, *, at_once: bool = False) -> Iterator[tuple[K, int]]:
        """Counts whose window is over (``at_once``: all), each given once."""
        if at_once:
            self._end(list(self._windows))
        over, self._over = self._over, []
        return iter(over)

    def _look(self, now: float) -> None:
        """End the windows whose time has come; looking costs a pass over all keys, so once a second."""
        if now >= self._next_look:
            self._next_look = now + min(1.0, self.window_seconds)
            self._end([key for key, window in self._windows.items() if window.ends <= now])

    def _make_room(self) -> None:
        if len(self._windows) >= MOST_KEYS:
            self._end([next(iter(self._windows))])

    def _end(self, keys: list[K]) -> None:
        for key in keys:
            window = self._windows.pop(key)
            if window.suppressed:
                self._over.append((key, window.suppressed))

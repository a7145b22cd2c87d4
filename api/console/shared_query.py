"""One query serves all open pages: what was read stays for a moment, and nobody reads while nobody looks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.problems import Problem
from hub.errors import StoreUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """``version`` grows when ``value`` changes; ``fault``: it could not be read now, the value is old."""

    value: T
    version: int
    fault: bool = False


class Shared(Generic[T]):
    """Reads at most once in ``seconds``, on demand."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        empty: T,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._seen = Seen(empty, 0)
        self._due = float("-inf")

    async def get(self) -> Seen[T]:
        async with self._lock:
            if self._clock() >= self._due:
                self._seen = await self._again(self._seen)
                self._due = self._clock() + self._seconds
            return self._seen

    def changed(self) -> None:
        """Somebody changed it here: who asks next reads it anew."""
        self._due = float("-inf")

    async def _again(self, old: Seen[T]) -> Seen[T]:
        try:
            value = await self._read()
        except (StoreUnavailable, Problem):
            return Seen(old.value, old.version, fault=True)
        return Seen(value, old.version + (value != old.value))

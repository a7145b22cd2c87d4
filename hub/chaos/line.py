"""The faults of one proxied line, as all its connections see them."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from hub.chaos.faults import Faults, Way
from hub.chaos.timing import Timing


@dataclass(slots=True)
class Counters:
    """Since the start: connections taken, refused while cut, ended by a fault; bytes that went through."""

    taken: int = 0
    refused: int = 0
    ended: int = 0
    bytes: dict[Way, int] = field(default_factory=lambda: {"up": 0, "down": 0})


class Line:
    """``set`` may be called at any time; whoever waits looks again."""

    def __init__(self, random: Random, faults: Faults) -> None:
        self.faults = faults
        self.random = random
        self.counters = Counters()
        self._changed = asyncio.Event()
        self._timings: dict[Way, Timing] = {"up": Timing(random.random), "down": Timing(random.random)}

    def set(self, faults: Faults) -> None:
        self.faults = faults
        for timing in self._timings.values():
            timing.forget()
        self._changed.set()
        self._changed = asyncio.Event()

    def arrival(self, way: Way) -> float:
        return self._timings[way].arrival(_now(), self.faults)

    def piece(self, way: Way, left: int) -> int:
        return self._timings[way].piece(left, self.faults)

    async def due(self, at: float) -> None:
        """Wait until ``at``, or until the faults change: what waits first then goes at once."""
        await self._pause(at - _now())

    async def released(self, way: Way) -> None:
        """Wait while bytes of this way are held."""
        while self.faults.holds(way):
            await self._changed.wait()

    async def carried(self, way: Way, size: int) -> None:
        """Wait as long as ``size`` bytes take at the line's rate."""
        await self._pause(self._timings[way].free(_now(), size, self.faults) - _now())

    async def changed(self) -> None:
        await self._changed.wait()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await asyncio.wait([changed := asyncio.ensure_future(self._changed.wait())], timeout=seconds)
            changed.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()

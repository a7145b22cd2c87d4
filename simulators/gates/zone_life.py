"""Who comes to a zone and who leaves it: households arrive, each person stays for a while, some stay on."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.gates.gate_judge import ZoneJudge
from simulators.gates.gate_rules import Direction
from simulators.gates.histories import History
from simulators.gates.people import Person
from simulators.gates.shown_codes import Code


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person of the population, with what they show at this zone's gates."""

    person: Person
    history: History
    code: Code


@dataclass(frozen=True, slots=True)
class Stay:
    """Seconds that people stay: ``least`` and on the average ``seconds`` more. Two gates are two lines, and
    nobody may leave before the hub saw them come. ``resident``: the share that does not leave."""

    seconds: float = 0.0
    least: float = 1.0
    resident: float = 0.15


@dataclass
class ZoneLife:
    """``endless``: who left comes again; else each comes once, and both queues end."""

    zone: str
    judge: ZoneJudge
    visitors: Sequence[Visitor]
    stay: Stay
    rng: random.Random
    endless: bool = False
    entrances: int = 0
    exits: int = 0
    _coming: deque[Visitor] = field(init=False)
    _leaving: asyncio.Queue[Visitor | None] = field(default_factory=asyncio.Queue)
    _inside: int = 0
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._coming = deque(self.visitors)
        if not self.entrances:
            self._end_if_empty()

    async def next(self, direction: Direction) -> Visitor | None:
        """Who stands before a gate next; None: nobody will any more."""
        if direction == "out":
            return await self._leaving.get()
        if self._coming:
            return self._coming.popleft()
        if self.endless:  # everybody is inside: one comes back who was just here
            return self.rng.choice(self.visitors)
        self.entrances -= 1
        self._end_if_empty()
        return None

    def passed(self, visitor: Visitor, direction: Direction) -> None:
        """Somebody went through; tells the judge as well."""
        self.judge.passed(visitor.code, direction)
        if direction == "out":
            if self.endless:
                self._coming.append(visitor)
        elif self.exits and (self.endless or self.rng.random() >= self.stay.resident):
            self._stays(visitor)

    def _stays(self, visitor: Visitor) -> None:
        mean = self.stay.seconds
        seconds = self.stay.least + (self.rng.expovariate(1 / mean) if mean else 0.0)
        self._inside += 1

        def leaves() -> None:
            self._inside -= 1
            self._timers.discard(timer)
            self._leaving.put_nowait(visitor)
            self._end_if_empty()

        timer = asyncio.get_running_loop().call_later(seconds, leaves)
        self._timers.add(timer)

    def _end_if_empty(self) -> None:
        if not self._inside and self.entrances <= 0:
            for _ in range(self.exits):
                self._leaving.put_nowait(None)

    def finish(self) -> None:
        """Nobody comes and nobody leaves any more."""
        self._coming.clear()
        self.endless = False
        self.close()
        for _ in range(self.exits):
            self._leaving.put_nowait(None)

    def close(self) -> None:
        """Who is inside stays there."""
        for timer in self._timers:
            timer.cancel()

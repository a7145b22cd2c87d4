"""One gate and who stands before it: one person after the other, sometimes with the wrong code first."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulators.gates.gate_judge import Verdict
from simulators.gates.gate_plan import GatePlan
from simulators.gates.gate_truth import GateTruth
from simulators.gates.histories import History
from simulators.gates.push_lines import PushLine, Scanned
from simulators.gates.relay_board import RelayBoard
from simulators.gates.scanner_lines import ScannerLine
from simulators.gates.shown_codes import Code
from simulators.gates.zone_life import Visitor, ZoneLife

NOBODY = -1
MOST_TRIES = 2
LONGEST_BACKLOG = 200


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of shows. ``wrong``: something else is shown first; ``doubled``: shown or sent twice;
    ``backlog``: a gate with a clock loses its network here, and sends what it kept in any order.
    ``open_seconds``: so long people wait for a gate to open before they show their code again."""

    wrong: float = 0.0
    doubled: float = 0.0
    backlog: float = 0.0
    pause_seconds: float = 0.0
    open_seconds: float = 3.0


@dataclass
class GateLife:
    """What every gate has; ``wrong_codes`` never end."""

    plan: GatePlan
    zone: ZoneLife
    truth: GateTruth
    habits: Habits
    rng: random.Random
    wrong_codes: Iterator[Code]
    finishing: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until nobody comes any more, or it is told to finish; raises OSError."""
        while not self.finishing.is_set() and (visitor := await self.zone.next(self.plan.direction)):
            await self._pause()
            await self._serve(visitor)
        await self.rest()

    async def rest(self) -> None:
        """Send what is kept, and hang up."""
        raise NotImplementedError

    async def present(self, code: Code, number: int, verdict: Verdict, at: datetime) -> None:
        """Show a code, and see it through."""
        raise NotImplementedError

    async def present_again(self, code: Code, at: datetime) -> None:
        """The same once more, at once."""
        raise NotImplementedError

    async def _serve(self, visitor: Visitor) -> None:
        if self.rng.random() < self.habits.wrong:
            wrong = next(self.wrong_codes)
            await self._show(NOBODY, wrong, self._judged(wrong, History()))
        verdict = self._judged(visitor.code, visitor.history)
        await self._show(visitor.person.number, visitor.code, verdict)
        if verdict.opens:
            self.zone.passed(visitor, self.plan.direction)

    def _judged(self, code: Code, history: History) -> Verdict:
        return self.zone.judge.judge(code, history, self.plan.direction, datetime.now(UTC))

    async def _show(self, person: int, code: Code, verdict: Verdict) -> None:
        at = datetime.now(UTC)
        number = self.truth.shown(self.plan, person, code, verdict, at)
        await self.present(code, number, verdict, at)
        if self.rng.random() < self.habits.doubled:
            self.truth.shown(self.plan, person, code, verdict, at, again=True)
            await self.present_again(code, at)

    async def _pause(self) -> None:
        if self.habits.pause_seconds:
            await asyncio.sleep(self.rng.expovariate(1 / self.habits.pause_seconds))


@dataclass
class ScannedGate(GateLife):
    """A gate that only speaks. With ``board`` its relay is ours: who is let in sees the gate open."""

    line: ScannerLine = field(kw_only=True)
    board: RelayBoard | None = None

    async def run(self) -> None:
        await self.line.reach()
        await super().run()

    async def present(self, code: Code, number: int, verdict: Verdict, at: datetime) -> None:
        if self.board is None or not verdict.opens:
            await self.line.show(code.raw)
            self.truth.settled(number, "sent")
            return
        self.board.forget(self.plan.id)
        opened = await self._until_open(code, self.board)
        self.truth.settled(number, "opened" if opened else "unopened")

    async def present_again(self, code: Code, at: datetime) -> None:
        await self.line.show(code.raw)

    async def rest(self) -> None:
        await self.line.taken()
        await self.line.close()

    async def _until_open(self, code: Code, board: RelayBoard) -> bool:
        """Shown until it opens. A hub that was killed may have committed and then never opened."""
        tries = 0
        while tries < MOST_TRIES:
            await self.line.show(code.raw)
            lives = self.line.lives
            if await board.opens(self.plan.id, self.habits.open_seconds):
                return True
            tries += self.line.lives == lives  # else the line went down meanwhile
        return False


@dataclass
class PushingGate(GateLife):
    """A gate that pushes, with a clock of its own; it decided itself, the hub decides after it."""

    line: PushLine = field(kw_only=True)
    _kept: list[tuple[int, Scanned]] = field(default_factory=list)
    _offline: int = 0

    async def present(self, code: Code, number: int, verdict: Verdict, at: datetime) -> None:
        self._kept.append((number, Scanned(code.raw, self._clock(at))))
        if not self._offline and self.rng.random() < self.habits.backlog:
            self._offline = self.rng.randint(2, LONGEST_BACKLOG)
        self._offline = max(0, self._offline - 1)
        if not self._offline:
            await self._send()

    async def present_again(self, code: Code, at: datetime) -> None:
        """The message is sent twice, now or with the backlog."""
        scan = Scanned(code.raw, self._clock(at))
        if self._offline:
            self._kept.append((0, scan))
        else:
            await self.line.push([scan])

    async def rest(self) -> None:
        await self._send()
        await self.line.close()

    async def _send(self) -> None:
        """In order, backwards or shuffled."""
        kept, self._kept = self._kept, []
        way = self.rng.choice(("in order", "backwards", "shuffled")) if len(kept) > 1 else "in order"
        if way == "backwards":
            kept.reverse()
        elif way == "shuffled":
            self.rng.shuffle(kept)
        for at in range(0, len(kept), 50):
            part = kept[at : at + 50]
            taken = await self.line.push([scan for _, scan in part])
            for number, _ in part:
                if number:
                    self.truth.settled(number, "stored" if taken else "refused")

    def _clock(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self.plan.skew_seconds)

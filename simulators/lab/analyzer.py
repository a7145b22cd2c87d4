"""One simulated analyzer: it works at its own rhythm and keeps each result until the hub has taken it."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Protocol

from simulators.lab.astm_records import genexpert_records
from simulators.lab.canary import canary_outcome
from simulators.lab.hl7_builder import Envelope, oru_r01, oul_r22
from simulators.lab.mllp_client import SenderCounts, Verdict
from simulators.lab.outcomes import ASSAYS, Call, Outcome, draw_control, draw_outcome
from simulators.province import AnalyzerPlan
from simulators.truth import TruthFile

VIETNAM = timezone(timedelta(hours=7))  # no summer time since 1975
CONTROL_EVERY = 12  # messages: PCR labs run a control with each plate or shift
CANARY_OPERATOR = "NGUYỄN CANARY"


@dataclass(frozen=True, slots=True)
class Run:
    """What one message says, whenever it is sent."""

    control_id: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class RunSource:
    """The endless runs of one analyzer; the same seed and index give the same runs."""

    plan: AnalyzerPlan
    seed: int
    index: int = 0
    canary: bool = False

    def runs(self) -> Iterator[Run]:
        """Runs in order, from the first."""
        rng = random.Random(f"runs {self.seed} {self.index} {self.plan.id}")
        batch = f"{self.plan.specimen_prefix}{self.index}{rng.randrange(36**4):06X}"
        number = 0
        while True:
            number += 1
            yield Run(f"{batch}-{number:05d}", self._outcomes(rng, batch, number))

    def _outcomes(self, rng: random.Random, batch: str, number: int) -> tuple[Outcome, ...]:
        if self.plan.message == "oul":
            return self._plate(rng, batch, number)
        if self.canary:
            marked = self.seed * 100 + self.index
            return (canary_outcome(self.plan, marked, number)[0],)
        if number % CONTROL_EVERY == 0:
            call: Call = "POS" if number % (2 * CONTROL_EVERY) == 0 else "NEG"
            return (draw_control(rng, ASSAYS[self.plan.assay], f"QC-{batch}-{number:05d}", call),)
        return (self._specimen(rng, f"{batch}-{number:05d}"),)

    def _plate(self, rng: random.Random, batch: str, number: int) -> tuple[Outcome, ...]:
        """A run with its two controls first, as cobas 4800 orders them."""
        assay = ASSAYS[self.plan.assay]
        name = f"{batch}-{number:04d}"
        positive = draw_control(rng, assay, f"{name}-PC", "POS")
        negative = draw_control(rng, assay, f"{name}-NC", "NEG")
        places = range(1, rng.randint(*self.plan.specimens_per_run) + 1)
        return (positive, negative, *(self._specimen(rng, f"{name}-{place:02d}") for place in places))

    def _specimen(self, rng: random.Random, specimen: str) -> Outcome:
        plan = self.plan
        return draw_outcome(rng, ASSAYS[plan.assay], specimen, plan.positive_share, plan.failure_share)


class Sender(Protocol):
    """Delivers one message after the other, over whatever line."""

    @property
    def counts(self) -> SenderCounts: ...

    async def send(self, control_id: str, message: bytes) -> Verdict: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class SimulatedAnalyzer:
    """Sends its runs one after the other; ``pause_seconds`` (low, high) between them, (0, 0) for none."""

    source: RunSource
    sender: Sender
    truth: TruthFile
    pause_seconds: tuple[float, float]
    first_pause_seconds: float = 0.0
    limit: int | None = None
    rhythm: random.Random = field(default_factory=random.Random)
    finishing: asyncio.Event = field(default_factory=asyncio.Event)
    as_astm: bool = False

    async def run(self) -> None:
        """Work until cancelled, until ``limit`` messages were answered or until ``finishing`` is set."""
        try:
            await self._rest(self.first_pause_seconds)
            for done, run in enumerate(self.source.runs()):
                if done == self.limit or self.finishing.is_set():
                    return
                await self._deliver(run)
                await self._rest(self.rhythm.uniform(*self.pause_seconds))
        finally:
            await self.sender.close()

    async def _rest(self, seconds: float) -> None:
        """Wait, but no longer than until ``finishing`` is set."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.finishing.wait()

    async def _deliver(self, run: Run) -> None:
        message = self._message(run, datetime.now(VIETNAM))
        verdict = "unknown"
        try:
            verdict = await self.sender.send(run.control_id, message)
        finally:
            for outcome in run.outcomes:
                self.truth.write(self._record(run, outcome, verdict))

    def _message(self, run: Run, at: datetime) -> bytes:
        if self.as_astm:
            return genexpert_records(self.source.plan, run.control_id, at, run.outcomes[0])
        return build(self.source.plan, run, at, canary=self.source.canary)

    def _record(self, run: Run, outcome: Outcome, verdict: str) -> dict[str, object]:
        """One specimen's truth; ``acked`` false with verdict "unknown" means: perhaps stored."""
        place = {"kind": "lab", "device": self.source.plan.id, "control_id": run.control_id}
        return place | outcome.truth() | {"acked": verdict == "accepted", "verdict": verdict}


def build(plan: AnalyzerPlan, run: Run, at: datetime, *, canary: bool = False) -> bytes:
    """The message of a run finished at ``at``."""
    envelope = Envelope(run.control_id, at, operator=CANARY_OPERATOR if canary else "KTV01")
    if plan.message == "oul":
        return oul_r22(plan, envelope, run.outcomes)
    return oru_r01(plan, envelope, run.outcomes[0])

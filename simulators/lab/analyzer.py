"""One simulated analyzer: it works at its own rhythm and keeps each result until the hub has taken it."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

from simulators.lab.alinity_m import alinity_m
from simulators.lab.astm_records import genexpert_records
from simulators.lab.canary import canary_outcome
from simulators.lab.cobas_6800 import cobas_6800
from simulators.lab.faults import Faults
from simulators.lab.hl7_builder import Envelope, oru_r01, oul_r22
from simulators.lab.host_query import Question, asks, question
from simulators.lab.lis import Lis
from simulators.lab.m2000 import m2000_records
from simulators.lab.mllp_client import SenderCounts, Verdict
from simulators.lab.outcomes import ASSAYS, Call, Outcome, draw_control, draw_correction, draw_outcome
from simulators.lab.quantstudio import quantstudio_file
from simulators.lab.truth_records import told
from simulators.province import AnalyzerPlan
from simulators.truth import TruthFile

if TYPE_CHECKING:
    from simulators.intake.registry import SpecimenRegistry

VIETNAM = timezone(timedelta(hours=7))  # no summer time since 1975
CONTROL_EVERY = 12  # messages: PCR labs run a control with each plate or shift
WHOLE_RUNS = ("oul", "cobas-6800", "m2000", "quantstudio")  # machines that tell a plate in one message
CONTROL_NAMES = {"quantstudio": ("PTC-{}", "NTC-{}")}  # known by the name only
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
            run = Run(f"{batch}-{number:05d}", self._outcomes(rng, batch, number))
            yield run
            yield from self._corrections(rng, run)

    def _corrections(self, rng: random.Random, run: Run) -> Iterator[Run]:
        share, first = self.plan.corrected_share, run.outcomes[0]
        if share and not first.control and rng.random() < share:
            yield Run(f"{run.control_id}-C", (draw_correction(rng, first),))

    def _outcomes(self, rng: random.Random, batch: str, number: int) -> tuple[Outcome, ...]:
        if self.plan.message in WHOLE_RUNS:
            return self._plate(rng, batch, number)
        if self.canary:
            marked = self.seed * 100 + self.index
            return (canary_outcome(self.plan, marked, number)[0],)
        if number % CONTROL_EVERY == 0:
            call: Call = "POS" if number % (2 * CONTROL_EVERY) == 0 else "NEG"
            return (draw_control(rng, ASSAYS[self.plan.assay], f"QC-{batch}-{number:05d}", call),)
        return (self._specimen(rng, f"{batch}-{number:05d}"),)

    def _plate(self, rng: random.Random, batch: str, number: int) -> tuple[Outcome, ...]:
        """A run with its two controls first."""
        assay = ASSAYS[self.plan.assay]
        name = f"{batch}-{number:04d}"
        names = CONTROL_NAMES.get(self.plan.message, ("{}-PC", "{}-NC"))
        positive = draw_control(rng, assay, names[0].format(name), "POS")
        negative = draw_control(rng, assay, names[1].format(name), "NEG")
        places = range(1, rng.randint(*self.plan.specimens_per_run) + 1)
        return (positive, negative, *(self._specimen(rng, f"{name}-{place:02d}") for place in places))

    def _specimen(self, rng: random.Random, specimen: str) -> Outcome:
        plan = self.plan
        return draw_outcome(rng, ASSAYS[plan.assay], specimen, plan.positive_share, plan.failure_share)


class Sender(Protocol):
    """Delivers one message after the other, over whatever line."""

    @property
    def counts(self) -> SenderCounts: ...

    @property
    def faults(self) -> Faults: ...

    async def send(self, control_id: str, message: bytes) -> Verdict: ...

    async def ask(self, question: Question) -> list[str]: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class SimulatedAnalyzer:
    """Sends its runs one after the other; ``pause_seconds`` (low, high) between them, (0, 0) for none.

    ``asking``: of how many specimens it asks before it measures them, if its model does that; ``lis``: who
    orders half of those. ``registry`` is told of specimens before they are measured.

    The truth of a run is written before its first byte is sent: whatever a hub may have got is there.
    """

    source: RunSource
    sender: Sender
    truth: TruthFile
    pause_seconds: tuple[float, float]
    first_pause_seconds: float = 0.0
    limit: int | None = None
    most_results: int | None = None
    rhythm: random.Random = field(default_factory=random.Random)
    finishing: asyncio.Event = field(default_factory=asyncio.Event)
    results: int = 0
    asking: float = 0.0
    lis: Lis | None = None
    choice: random.Random = field(default_factory=random.Random)
    registry: "SpecimenRegistry | None" = None

    async def run(self) -> None:
        """Work until cancelled, until ``limit`` messages or ``most_results`` were answered, or until
        ``finishing`` is set."""
        try:
            await self._rest(self.first_pause_seconds)
            for done, run in enumerate(self.source.runs()):
                enough = self.most_results is not None and self.results >= self.most_results
                if done == self.limit or enough or self.finishing.is_set():
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
        plan = self.source.plan
        if asks(plan, run.outcomes[0]) and self.choice.random() < self.asking:
            await self._ask(run.outcomes[0])
        if self.registry is not None:
            specimens = [
                outcome.specimen for outcome in run.outcomes if not (outcome.control or outcome.corrected)
            ]
            self.registry.taken(specimens, plan.site, datetime.now(VIETNAM))
        place: dict[str, object] = {"kind": "lab", "device": plan.id, "control_id": run.control_id}
        for outcome in run.outcomes:
            for result in told(plan, outcome):
                self.truth.write(place | result)
                self.results += 1
        message = build(plan, run, datetime.now(VIETNAM), canary=self.source.canary)
        verdict = "unknown"  # perhaps stored
        try:
            verdict = await self.sender.send(run.control_id, message)
        finally:
            self.truth.write(place | {"kind": "answer", "verdict": verdict})

    async def _ask(self, outcome: Outcome) -> None:
        """Before it measures; half of the specimens are ordered where there is a LIS, the others are not."""
        plan, ordered = self.source.plan, []
        if self.lis is not None and self.choice.random() < 0.5:
            ordered = [outcome.assay.code]
            await self.lis.place(f"A-{outcome.specimen}", outcome.specimen, ordered, plan.id)
        counts = self.sender.counts
        counts.asked += 1
        asked = question(plan, outcome.specimen, counts.asked, datetime.now(VIETNAM))
        heard = await self.sender.ask(asked)
        line = {"kind": "query", "device": plan.id, "specimen": outcome.specimen}
        self.truth.write(line | {"ordered": ordered, "told": heard})


def build(plan: AnalyzerPlan, run: Run, at: datetime, *, canary: bool = False) -> bytes:
    """The message of a run finished at ``at``."""
    envelope = Envelope(run.control_id, at, operator=CANARY_OPERATOR if canary else "KTV01")
    match plan.message:
        case "oul":
            return oul_r22(plan, envelope, run.outcomes)
        case "cobas-6800":
            return cobas_6800(plan, envelope, run.outcomes)
        case "alinity-m":
            return alinity_m(plan, envelope, run.outcomes[0])
        case "genexpert-astm":
            return genexpert_records(plan, run.control_id, at, run.outcomes[0])
        case "m2000":
            return m2000_records(plan, run.control_id, at, run.outcomes)
        case "quantstudio":
            return quantstudio_file(plan, run.control_id, at, run.outcomes, envelope.operator)
    return oru_r01(plan, envelope, run.outcomes[0])

"""What a unit sends, and when: at once, or after its line was down, then in any order and partly twice."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulators.cold_chain.talkers import SPEECHES
from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_faults import UnitFaults
from simulators.cold_chain.unit_plan import IN_FILES, UnitPlan
from simulators.cold_chain.unit_sample import Message, Sample
from simulators.cold_chain.unit_series import MINUTE_MS, samples

TWICE = 0.01  # of messages, 0.1 of those of a backlog
KEPT_TWICE = 0.1
OVERLAP = 6  # rows of an export that stood in the one before
BATTERY_POWERED = frozenset({"cce", *IN_FILES})  # what still reaches the hub, or is read, without mains


@dataclass(slots=True)
class UnitLife:
    """One unit from ``start_ms`` on; the same seed gives the same life."""

    plan: UnitPlan
    faults: UnitFaults
    seed: int
    start_ms: int
    kept: int = 0  # samples that came with a backlog
    twice: int = 0  # messages that were sent again though nobody asked
    _waiting: list[Sample] = field(default_factory=list)
    _before: list[Sample] = field(default_factory=list)
    _was_down: bool = False
    _number: int = 0
    _next: Sample | None = None
    _samples: Iterator[Sample] = field(init=False)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._samples = samples(self.plan, self.faults, self.seed, self.start_ms)
        self._chance = random.Random(f"sending {self.seed} {self.plan.id}")

    def until(self, world_ms: int, now_ms: int) -> Iterator[Message]:
        """What is sent until ``world_ms``; a sample that a wrong clock puts after ``now_ms`` is set right."""
        while (sample := self._taken(world_ms)) is not None:
            if sample.time_ms > now_ms:
                sample = sample._replace(time_ms=sample.true_ms)
            yield from self._measured(sample)

    def rest(self, world_ms: int) -> Iterator[Message]:
        """What is still kept, as when the line comes back now."""
        yield from self._backlog(world_ms) if self._was_down else self._full(world_ms, least=1)
        self._was_down = False

    def line_down(self, minute: float) -> bool:
        """Whether what is measured now is kept."""
        dark = self.plan.talker not in BATTERY_POWERED and self.faults.active("power_cut", minute)
        return dark or self.faults.active("outage", minute)

    def _taken(self, world_ms: int) -> Sample | None:
        """The next sample, if its time has come."""
        sample = self._next or next(self._samples)
        self._next = sample
        if sample.true_ms > world_ms:
            return None
        self._next = None
        return sample

    def _measured(self, sample: Sample) -> Iterator[Message]:
        down = self.line_down((sample.true_ms - self.start_ms) / MINUTE_MS)
        if self._was_down and not down:
            yield from self._backlog(sample.true_ms)
        self._was_down = down
        self._waiting.append(sample)
        if not down:
            speech = SPEECHES[self.plan.talker]
            yield from self._full(sample.true_ms, 1 if speech.urgent(sample) else speech.at_once)

    def _full(self, sent_ms: int, least: int) -> Iterator[Message]:
        if len(self._waiting) < least:
            return
        waiting, self._waiting = self._waiting, []
        yield from self._send(waiting, sent_ms, kept=False)

    def _backlog(self, sent_ms: int) -> Iterator[Message]:
        """In order, backwards or shuffled."""
        waiting, self._waiting = self._waiting, []
        size = SPEECHES[self.plan.talker].keeps_at_once
        parts = [waiting[first : first + size] for first in range(0, len(waiting), size)]
        way = self._chance.choice(("in order", "backwards", "shuffled"))
        if way == "backwards":
            parts.reverse()
        elif way == "shuffled":
            self._chance.shuffle(parts)
        self.kept += len(waiting)
        for part in parts:
            yield from self._send(part, sent_ms, kept=True)

    def _send(self, part: list[Sample], sent_ms: int, *, kept: bool) -> Iterator[Message]:
        if self.plan.talker in IN_FILES:
            part = [*self._before, *part]
            self._before = part[-OVERLAP:]
        self._number += 1
        message = SPEECHES[self.plan.talker].message(self.plan, part, Sending(sent_ms, self._number, kept))
        yield message
        if self._chance.random() < (KEPT_TWICE if kept else TWICE):
            self.twice += 1
            yield message._replace(name=f"again-{message.name}")

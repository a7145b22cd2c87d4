"""Let a fridge-year arrive in disordered batches, ask in between, compare all episodes with the reference."""

import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.alarm_reference.readings import Claims, claims_of
from tests.alarm_reference.reference import Episode, judged
from tests.alarm_reference.replay import Replay
from tests.alarm_reference.years import HOUR, POWER, TEMPERATURE, Arrival, FridgeYear, fridge_year, rules

LARGEST_BATCH = 2000
SIZES = (1, 10, LARGEST_BATCH, LARGEST_BATCH)  # at most, for a stretch of readings
SHUFFLED = 0.5  # of the batches
RESTARTS = 0.0005  # after so many of the assessments the evaluator is made anew
SETTLED = 8 * 24 * HOUR  # after the year everything has come, and what is silent has been so for long


@dataclass
class Verdict:
    """``missed``, ``false``, ``different``: what the product did not tell, invented, told otherwise.

    ``episodes``: at the end, by rule and version. ``asked``: how often both were asked about everything.
    """

    seed: int
    arrivals: int
    late: int
    assessments: int = 0
    asked: int = 0
    asked_back: int = 0
    restarts: int = 0
    episodes: Counter[str] = field(default_factory=Counter)
    inferred: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    product_seconds: float = 0.0
    reference_seconds: float = 0.0

    @property
    def wrong(self) -> list[str]:
        return [*self.missed, *self.false, *self.different]


def judge_year(seed: int, days: int = 365, asked_in_between: Sequence[float] = (0.1, 0.4, 0.8)) -> Verdict:
    """``asked_in_between``: after which shares of the arrivals both are asked, besides the end."""
    year = fridge_year(seed, days)
    verdict = Verdict(seed, len(year.arrivals), sum(one.late for one in year.arrivals))
    replay = Replay(rules(year, year.begins), year.begins)
    chance = random.Random(f"restarts {seed}")
    due = [round(share * len(year.arrivals)) for share in asked_in_between]
    for batch in batches(year):
        began = time.process_time()
        replay.judge_by(rules(year, batch.now))
        replay.calibrate(TEMPERATURE, year.calibrations_at(batch.now))
        replay.add(batch.new)
        replay.assess(batch.now)
        verdict.product_seconds += time.process_time() - began
        verdict.assessments += 1
        if chance.random() < RESTARTS:
            replay.restart(batch.now)
            verdict.restarts += 1
        if batch.last or (due and batch.upto >= due[0]):
            due = [number for number in due if number > batch.upto]
            _compare(verdict, year, replay, batch)
    verdict.asked_back = replay.asked_back
    return verdict


@dataclass(frozen=True)
class Batch:
    """``new``: what came since the batch before, in any order; ``upto``: how many have come in all."""

    new: list[Arrival]
    upto: int
    now: int
    last: bool = False


def batches(year: FridgeYear, sizes: Sequence[int] = SIZES) -> Iterator[Batch]:
    """Each assessed as its last reading comes; in the end nothing new, long after the year.

    For days readings are assessed one by one, for days in small and for days in large batches.
    """
    chance = random.Random(f"batches {year.seed}")
    upto, everything = 0, len(year.arrivals)
    while upto < everything:
        largest = chance.choice(sizes)
        stretch = min(upto + LARGEST_BATCH, everything)
        while upto < stretch:
            first = upto
            upto = min(first + round(math.exp(chance.uniform(0, math.log(largest)))), everything)
            new = year.arrivals[first:upto]
            if chance.random() < SHUFFLED:
                chance.shuffle(new)
            yield Batch(new, upto, year.arrivals[upto - 1].received)
    yield Batch([], upto, year.ends + SETTLED, last=True)


def _compare(verdict: Verdict, year: FridgeYear, replay: Replay, batch: Batch) -> None:
    began = time.process_time()
    claims = {metric: _claims(metric, year, batch) for metric in (TEMPERATURE, POWER)}
    verdict.episodes.clear()
    verdict.inferred = 0
    verdict.asked += 1
    for one in replay.judged:
        expected = judged(one.rule, claims[one.metric], batch.now, year.begins)
        name = f"{one.code} of {one.version}"
        verdict.episodes[name] = len(expected)
        verdict.inferred += sum(episode.inferred for episode in expected)
        where = f"year {year.seed}, {name}, asked at {batch.now}"
        _differences(verdict, where, expected, replay.episodes(one))
    verdict.reference_seconds += time.process_time() - began


def _claims(metric: str, year: FridgeYear, batch: Batch) -> list[Claims]:
    arrived = year.arrivals[: batch.upto]
    known = [one.reading for one in arrived if one.metric == metric and one.time <= batch.now]
    return claims_of(known, year.calibrations_at(batch.now) if metric == TEMPERATURE else ())


def _differences(verdict: Verdict, where: str, expected: list[Episode], found: list[Episode]) -> None:
    """Two episodes are the same one when they start at the same time; then all else must be the same too."""
    theirs = {episode.start: episode for episode in found}
    ours = {episode.start: episode for episode in expected}
    verdict.missed += [f"{where}: {ours[start]}" for start in ours.keys() - theirs.keys()]
    verdict.false += [f"{where}: {theirs[start]}" for start in theirs.keys() - ours.keys()]
    both = ours.keys() & theirs.keys()
    pairs = [(ours[start], theirs[start]) for start in both if ours[start] != theirs[start]]
    verdict.different += [f"{where}: {mine} is told as {other}" for mine, other in pairs]
    if len(found) != len(theirs):
        verdict.false.append(f"{where}: {len(found) - len(theirs)} told twice")

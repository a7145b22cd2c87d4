"""How the measurements of a year reach a hub: late in bulk, out of order, twice, contradicted, or never."""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from simulators.cold_chain.fridge_year import MINUTE_MS, Measurement

LATE = 0.30  # of all measurements
LONGEST_LATE_MINUTES = 7 * 1440.0
SHORTEST_LATE_MINUTES = 10.0
DROPPED, DOUBLED, CONTRADICTED = 0.01, 0.02, 0.01
LATENCY_MS = 4_000  # at most, of what comes at once


@dataclass(frozen=True, slots=True)
class Delivery:
    """One measurement when it came, and whether with a backlog."""

    received_ms: int
    measurement: Measurement
    late: bool = False


def deliveries(measurements: Iterable[Measurement], seed: int) -> list[Delivery]:
    """In the order in which they come."""
    chance = random.Random(f"deliveries {seed}")
    kept = [one for one in measurements if chance.random() >= DROPPED]
    sent = [claim for one in kept for claim in _claims(chance, one)]
    came = [one for block in _blocks(chance, sent) for one in block]
    return sorted(came, key=lambda one: one.received_ms)  # stable: a backlog keeps its own order


def _claims(chance: random.Random, one: Measurement) -> Iterator[Measurement]:
    """It, and now and then the same again or something else about the same instant."""
    yield one
    if chance.random() < DOUBLED:
        yield one
    if chance.random() < CONTRADICTED:
        value = None if one.value is None else one.value + chance.choice((-0.5, -0.1, 0.1, 0.5, 3.0))
        yield replace(one, value=value, quality=chance.choice(("GOOD", "GOOD", "UNCERTAIN", "BAD")))


def _blocks(chance: random.Random, sent: Sequence[Measurement]) -> Iterator[list[Delivery]]:
    """What was measured while the line was down comes when it is back; the rest at once.

    Short outages are many; how long the line is up is drawn so that the share of late ones holds.
    """
    number = 0
    while number < len(sent):
        minutes = math.exp(chance.uniform(math.log(SHORTEST_LATE_MINUTES), math.log(LONGEST_LATE_MINUTES)))
        back_ms = sent[number].true_ms + round(minutes * MINUTE_MS)
        first = number
        while number < len(sent) and sent[number].true_ms < back_ms:
            number += 1
        yield _backlog(chance, sent[first:number], back_ms)
        at_once = round((number - first) * (1 - LATE) / LATE * chance.uniform(0.5, 1.5))
        yield [_soon(chance, one) for one in sent[number : number + at_once]]
        number += at_once


def _backlog(chance: random.Random, waiting: Sequence[Measurement], back_ms: int) -> list[Delivery]:
    """In one go when the line is back, in order, backwards or shuffled."""
    order = list(waiting)
    way = chance.choice(("in order", "backwards", "shuffled"))
    if way == "backwards":
        order.reverse()
    elif way == "shuffled":
        chance.shuffle(order)
    return [Delivery(back_ms + 20 * place, one, late=True) for place, one in enumerate(order)]


def _soon(chance: random.Random, one: Measurement) -> Delivery:
    return Delivery(one.true_ms + chance.randint(50, LATENCY_MS), one)

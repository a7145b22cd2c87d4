"""Every kind of fault at random: short ones often, long ones seldom, mains and lines of a site at once."""

import math
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulators.cold_chain.unit_faults import Fault, FaultKind, UnitFaults
from simulators.cold_chain.unit_plan import UnitPlan

HOUR, DAY = 60.0, 1440.0


class Frequency(NamedTuple):
    """Minutes: about how often, from how long to how long."""

    every: float
    shortest: float
    longest: float


FREQUENCIES: dict[FaultKind, Frequency] = {
    "door": Frequency(12 * HOUR, 1, 90),
    "power_cut": Frequency(6 * DAY, 20, 12 * HOUR),
    "leak": Frequency(30 * DAY, 1 * DAY, 5 * DAY),
    "compressor": Frequency(20 * DAY, 2 * HOUR, 20 * HOUR),
    "thermostat": Frequency(20 * DAY, 2 * HOUR, 30 * HOUR),
    "probe": Frequency(8 * DAY, 5, 8 * HOUR),
    "silence": Frequency(4 * DAY, 15, 10 * HOUR),
    "outage": Frequency(4 * DAY, 30, 40 * HOUR),
    "clock": Frequency(12 * DAY, 30, 2 * DAY),
    "battery": Frequency(30 * DAY, 1 * DAY, 4 * DAY),
}
OF_A_SITE: frozenset[FaultKind] = frozenset({"power_cut", "outage"})


def mixture(
    plans: Sequence[UnitPlan], seed: int, days: float, kinds: Sequence[FaultKind]
) -> dict[str, UnitFaults]:
    """Of these kinds; every unit has one long fault for certain, the kinds in turn."""
    found = {}
    for number, plan in enumerate(plans):
        faults = [fault for kind in kinds for fault in _at_random(_place(plan, kind, seed), kind, days)]
        turn = number + number // len(kinds)  # so that the talkers of two rounds differ
        faults.append(_certain(plan, kinds[turn % len(kinds)], seed, days))
        found[plan.id] = UnitFaults.of(faults)
    return found


def _place(plan: UnitPlan, kind: FaultKind, seed: int) -> random.Random:
    where = plan.site if kind in OF_A_SITE else plan.id
    return random.Random(f"faults {seed} {where} {kind}")


def _at_random(chance: random.Random, kind: FaultKind, days: float) -> Iterator[Fault]:
    often = FREQUENCIES[kind]
    begins = chance.expovariate(1 / often.every)
    while begins < days * DAY:
        lasts = math.exp(chance.uniform(math.log(often.shortest), math.log(often.longest)))
        yield Fault(kind, begins, begins + lasts, _strength(chance, kind))
        begins += lasts + chance.expovariate(1 / often.every)


def _certain(plan: UnitPlan, kind: FaultKind, seed: int, days: float) -> Fault:
    """In the first half, as long as they come, at most as long as the other half is."""
    chance = random.Random(f"certain {seed} {plan.id}")
    begins = chance.uniform(0.1, 0.5) * days * DAY
    lasts = min(FREQUENCIES[kind].longest, 0.4 * days * DAY)
    return Fault(kind, begins, begins + lasts, _strength(chance, kind))


def _strength(chance: random.Random, kind: FaultKind) -> float:
    match kind:
        case "leak":
            return chance.uniform(0.6, 1.0)
        case "thermostat":
            return chance.uniform(3.0, 9.0)
        case "clock":
            return chance.choice((chance.uniform(-200, -5), chance.uniform(-2, 2), 420.0, -420.0))
    return 1.0

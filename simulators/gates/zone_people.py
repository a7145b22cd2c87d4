"""A population, spread over zones by households, with what everybody shows there."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from simulators.gates.certificate_issuer import Issuer
from simulators.gates.gate_judge import ZoneJudge
from simulators.gates.gate_life import Habits
from simulators.gates.gate_plan import GatePlan
from simulators.gates.histories import Dose, History, histories
from simulators.gates.people import Person, population
from simulators.gates.shown_codes import Code, Wallets
from simulators.gates.zone_life import Stay, Visitor, ZoneLife

STRANGER = "epihub simulation, trusted by nobody"


@dataclass(frozen=True, slots=True)
class World:
    """``people_count`` in all; ``rate``: shows a second of all gates together, 0: as fast as lines take them.

    ``endless``: who has left comes again.
    """

    people_count: int
    seed: int
    now: datetime
    habits: Habits = field(default_factory=Habits)
    stay: Stay = field(default_factory=Stay)
    rate: float = 0.0
    endless: bool = False
    born_by: date | None = None

    def people(self) -> list[tuple[Person, History]]:
        """Everybody, each with what happened before; ``born_by``: as old as on this day, else as today."""
        found = population(self.people_count, self.seed, self.born_by or self.now.date())
        return list(zip(found, histories(found, self.seed, self.now), strict=True))

    def wallets(self) -> Wallets:
        """What people show; their certificates are of the simulation's own issuers."""
        return Wallets(self.seed, self.now, Issuer(), Issuer(STRANGER))


def zones_of(plans: Sequence[GatePlan], world: World) -> dict[str, ZoneLife]:
    """One life of each zone, in the order of the plans; a household always goes to the same."""
    people = world.people()
    names = list(dict.fromkeys(plan.zone for plan in plans))
    found = {}
    for place, zone in enumerate(names):
        mine = [pair for pair in people if pair[0].household % len(names) == place]
        found[zone] = _zone(zone, [plan for plan in plans if plan.zone == zone], mine, world)
    return found


def _zone(
    zone: str, here: Sequence[GatePlan], people: Sequence[tuple[Person, History]], world: World
) -> ZoneLife:
    pins = any(plan.way == "zkteco" for plan in here)
    directions = [plan.direction for plan in here]
    return ZoneLife(
        zone,
        ZoneJudge(here[0].rules),
        tuple(_visitors(people, world.wallets(), pins=pins)),
        world.stay,
        random.Random(f"zone {world.seed} {zone}"),
        world.endless,
        directions.count("in"),
        directions.count("out"),
    )


def _visitors(people: Sequence[tuple[Person, History]], wallets: Wallets, *, pins: bool) -> Iterator[Visitor]:
    """``pins``: terminals there tell of numbers only."""
    for person, history in people:
        number = Code("cccd-number", person.citizen_number.encode())
        yield Visitor(person, history, number if pins else wallets.code_of(person, history))


def a_certificate(wallets: Wallets) -> bytes:
    """Of somebody; for codes that were cut."""
    person = population(1, 0, wallets.now.date())[0]
    dose = Dose(2, 2, wallets.now - timedelta(days=60), "EU/1/20/1528")
    history = History((dose,))
    return wallets.trusted.certificate(person, history, dose.at, wallets.now + timedelta(days=300)).encode()

"""What happened to people before they come: doses, declarations, and who is looked for."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulators.gates.people import ADULT_YEARS, Person

PRODUCTS = ("EU/1/20/1528", "EU/1/21/1529", "BBIBP-CorV", "EU/1/20/1507")
# Shares of grown-ups; the rest has no dose. In Viet Nam people of one household were called up together.
TWO_DOSES, ONE_DOSE = 0.7, 0.15
WATCHED, DECLARED = 0.004, 0.8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dose:
    """``product``: as certificates of the EU name it."""

    number: int
    of: int
    at: datetime
    product: str


@dataclass(frozen=True, slots=True)
class History:
    """Of one person until the day begins; None: never."""

    doses: tuple[Dose, ...] = ()
    declared_at: datetime | None = None
    watched: bool = False


def histories(people: Sequence[Person], seed: int, now: datetime) -> tuple[History, ...]:
    """One of each person, in the same order."""
    called: dict[int, tuple[int, int]] = {}
    found = []
    for person in people:
        rng = random.Random(f"history {seed} {person.number}")
        doses, days = called.setdefault(person.household, _called_up(rng))
        grown = person.age(now.date()) >= ADULT_YEARS
        found.append(_history(rng, doses if grown else 0, days, now))
    return tuple(found)


def _called_up(rng: random.Random) -> tuple[int, int]:
    """How many doses a household got, and how many days ago the last one."""
    share = rng.random()
    doses = 2 if share < TWO_DOSES else 1 if share < TWO_DOSES + ONE_DOSE else 0
    return doses, rng.randint(20, 150)


def _history(rng: random.Random, doses: int, days: int, now: datetime) -> History:
    return History(
        tuple(_doses(rng, doses, days, now)),
        declared_at=_lately(rng, DECLARED, 20, now),
        watched=rng.random() < WATCHED,
    )


def _doses(rng: random.Random, count: int, days: int, now: datetime) -> list[Dose]:
    product = rng.choice(PRODUCTS)
    last = now - days * _DAY
    return [
        Dose(number, 2, (last - 28 * (count - number) * _DAY).astimezone(UTC), product)
        for number in range(1, count + 1)
    ]


def _lately(rng: random.Random, share: float, hours: float, now: datetime) -> datetime | None:
    back = timedelta(hours=rng.uniform(1, hours))
    return now - back if rng.random() < share else None

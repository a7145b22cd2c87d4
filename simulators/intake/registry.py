"""The province's specimen management: it registers most of what is measured, and some that never comes."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from simulators.intake.line import IntakeLine
from simulators.intake.plan import Body, load_plan

VIETNAM = timezone(timedelta(hours=7))
EVERY_SECONDS = 5.0
MOST_WAITING = 5_000
REGISTERED_SHARE, LOST_SHARE, POOL_SHARE, CONTACT_SHARE = 0.95, 0.03, 0.05, 0.1


@dataclass(slots=True)
class SpecimenRegistry:
    """Tells in batches what was taken since; a specimen is registered once."""

    line: IntakeLine
    rng: random.Random = field(default_factory=random.Random)
    _waiting: list[Body] = field(default_factory=list)
    _lost: int = 0

    def taken(self, specimens: Iterable[str], facility: str, now: datetime) -> None:
        """Before they are measured; what nobody can be told of any more is forgotten."""
        for specimen in specimens:
            if self.rng.random() < REGISTERED_SHARE:
                self._waiting.append(self._body(specimen, facility, now))
            if self.rng.random() < LOST_SHARE:
                self._lost += 1
                self._waiting.append(self._body(f"{specimen}-L{self._lost}", facility, now))
        del self._waiting[:-MOST_WAITING]

    def _body(self, specimen: str, facility: str, now: datetime) -> Body:
        districts = load_plan().districts
        (district,) = self.rng.choices(districts, [one.declarations for one in districts])
        collected = now - timedelta(minutes=self.rng.randint(90, 1800))
        return {
            "specimen": specimen,
            "collected": collected.astimezone(VIETNAM).isoformat(timespec="seconds"),
            "facility": facility,
            "district": district.code,
            "commune": self.rng.choice(district.communes),
            "round": self.rng.randint(1, 3),
            "pool": self.rng.random() < POOL_SHARE,
            "contact_of_case": self.rng.random() < CONTACT_SHARE,
            "origin": "imported",
        }

    async def run(self) -> None:
        """Until cancelled; raises Refused."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.tell()

    async def tell(self) -> None:
        """All that waits, until the hub has it; raises Refused."""
        if told := self._waiting[:]:
            await self.line.tell("specimen", told)
            del self._waiting[: len(told)]

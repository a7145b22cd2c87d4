"""Load over MLLP while edge, hub and broker are killed in turn."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Literal

from tests.fire.analyzers import Analyzers
from tests.fire.installation import Installation, Layout, Role
from tests.fire.oracle import Findings, drained, examine
from tests.fire.scrapes import Scrapes

Victim = Literal["up", "edge", "hub", "broker"]
VICTIMS: dict[Layout, tuple[Victim, ...]] = {
    "one process": ("up", "broker"),
    "two processes": ("edge", "hub", "broker"),
}


@dataclass
class Run:
    """An installation under load, scraped once a second."""

    installation: Installation
    analyzers: Analyzers
    scrapes: Scrapes
    kills: dict[str, int] = field(default_factory=dict)

    async def settle(self, *, refusals: bool = False) -> Findings:
        """End the load, drain, and examine; AssertionError with whatever is wrong.

        ``refusals``: whether analyzers may have got a negative answer on the way.
        """
        await self.analyzers.finish()
        await drained(self.installation, self.scrapes)
        findings = examine(self.installation, self.analyzers.ledger)
        assert not findings.wrong, findings.wrong
        assert not self.scrapes.wrong, self.scrapes.wrong[:5]
        assert set(self.analyzers.ledger.answers) <= {"AA", "line lost", "no answer"} | (
            {"AE"} if refusals else set()
        )
        return findings


@asynccontextmanager
async def running(folder: Path, layout: Layout, *, roles: Sequence[Role] = ()) -> AsyncIterator[Run]:
    """A started installation (or these roles of it) with its load; everything is ended behind it."""
    installation = Installation.make(folder, layout)
    run = Run(
        installation,
        Analyzers(installation.mllp_port, letters()),
        Scrapes(installation),
    )
    watching = asyncio.create_task(run.scrapes.run(), name="scrapes")
    try:
        await installation.start(*roles)
        run.analyzers.start()
        yield run
    finally:
        watching.cancel()
        await run.analyzers.cancel()
        await installation.end()
        await asyncio.gather(watching, return_exceptions=True)


async def kill_in_turn(run: Run, kills: int, random: Random) -> None:
    """Each kill comes after a random number of acknowledgements; the hub stays away for some more."""
    victims = VICTIMS[run.installation.layout]
    for number in range(kills):
        await run.analyzers.more(random.randrange(20, 400))
        victim = victims[number % len(victims)]
        run.kills[victim] = run.kills.get(victim, 0) + 1
        if victim == "broker":
            await run.installation.kill_broker()
            continue
        await run.installation.kill(victim)
        if victim == "hub":
            await run.analyzers.more(random.randrange(1, 200))
        await run.installation.start(victim)


async def campaign(folder: Path, layout: Layout, kills: int, seed: int) -> tuple[Run, Findings, float]:
    """A whole campaign; gives the run, its findings and how many seconds it took."""
    began = time.monotonic()
    async with running(folder, layout) as run:
        await kill_in_turn(run, kills, Random(seed))
        return run, await run.settle(), time.monotonic() - began


def letters() -> str:
    """A tag without digits: a long run of digits would be taken for a person's number."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(4))

"""Load over MLLP while edge, hub, broker and database server are killed in turn."""

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
from tests.postgres.server import PostgresServer

Victim = Literal["edge", "hub", "broker", "postgresql"]
"""The edge is the whole of ``epihub up`` on one machine: whoever it started dies with it."""


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
        assert self.scrapes.count, "no scrape was held to the identities"
        assert not self.scrapes.wrong, self.scrapes.wrong[:5]
        assert set(self.analyzers.ledger.answers) <= {"AA", "line lost", "no answer"} | (
            {"AE"} if refusals else set()
        )
        return findings


@asynccontextmanager
async def running(
    folder: Path, layout: Layout, server: PostgresServer | None = None, *, roles: Sequence[Role] = ()
) -> AsyncIterator[Run]:
    """A started installation (or these roles of it) with its load; everything is ended behind it.

    Its store is in ``server``, or in a file.
    """
    installation = Installation.make(folder, layout)
    if server:
        await installation.keep_store_in(server)
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
    """Each kill comes after a random number of acknowledgements."""
    victims: list[Victim] = ["edge", "hub", "broker"]
    if run.installation.server:
        victims.append("postgresql")
    for number in range(kills):
        await run.analyzers.more(random.randrange(20, 400))
        victim = victims[number % len(victims)]
        run.kills[victim] = run.kills.get(victim, 0) + 1
        await _kill(run, victim, random)


async def _kill(run: Run, victim: Victim, random: Random) -> None:
    """Kill it and see it back; without hub or database server the edge must go on meanwhile."""
    installation = run.installation
    match victim:
        case "edge":
            await installation.kill(installation.edge_role)
            await installation.start(installation.edge_role)
        case "hub" if installation.layout == "one machine":
            killed = await installation.kill_hub_beside()
            await run.analyzers.more(random.randrange(1, 200))
            await installation.until_hub_is_another(killed)
        case "hub":
            await installation.kill("hub")
            await run.analyzers.more(random.randrange(1, 200))
            await installation.start("hub")
        case "broker":
            await installation.kill_broker()
        case "postgresql":
            assert installation.server
            await asyncio.to_thread(installation.server.kill)
            await run.analyzers.more(random.randrange(1, 200))
            await asyncio.to_thread(installation.server.start)


async def campaign(
    folder: Path, layout: Layout, server: PostgresServer | None, kills: int, seed: int
) -> tuple[Run, Findings, float]:
    """A whole campaign; gives the run, its findings and how many seconds it took."""
    began = time.monotonic()
    async with running(folder, layout, server) as run:
        await kill_in_turn(run, kills, Random(seed))
        return run, await run.settle(), time.monotonic() - began


def letters() -> str:
    """A tag without digits: a long run of digits would be taken for a person's number."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(4))

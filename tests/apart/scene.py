"""A whole scene: hub, an edge behind a bad line, one beside it, their load, and what must hold at the end."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.apart.halves import Apart, write_hub
from tests.apart.network import Hosts, Network, network
from tests.fire.analyzers import Analyzers, Ledger
from tests.fire.campaign import Run, letters
from tests.fire.installation import EPIHUB
from tests.fire.oracle import Findings, drained, examine
from tests.fire.patience import until_told
from tests.fire.scrapes import Scrapes

SECONDS = 10.0


@dataclass
class Chaos:
    """``epihub chaos`` on the wan, between edge-1 and the hub."""

    process: Process

    async def say(self, words: str) -> str:
        """Change the line; gives what the proxy tells of itself."""
        assert self.process.stdin
        self.process.stdin.write(words.encode() + b"\n")
        return await self.heard()

    async def heard(self) -> str:
        assert self.process.stderr
        async with asyncio.timeout(SECONDS):
            while not (line := (await self.process.stderr.readline()).decode()).startswith("epihub chaos: "):
                assert line, "it has ended"  # else a line of the log: a dial before its server listened
        return line


@dataclass
class Scene:
    """``edge`` is behind the line that has faults; ``other`` is the edge whose line is good."""

    network: Network
    apart: Apart
    chaos: Chaos
    edge: Run
    other: Run

    async def settle(self, *, refusals: bool = False) -> Findings:
        """End all load, drain, examine the store for both edges; gives the findings of ``edge``."""
        for run in (self.edge, self.other):
            await run.analyzers.finish()
            await drained(run.installation, run.scrapes)
        ledger = _both(self.edge.analyzers.ledger, self.other.analyzers.ledger)
        findings = [examine(run.installation, ledger) for run in (self.other, self.edge)]
        for found, run in zip(findings, (self.other, self.edge), strict=True):
            assert not found.wrong, found.wrong
            assert not run.scrapes.wrong, run.scrapes.wrong[:5]
        answers = set(self.edge.analyzers.ledger.answers)
        assert answers <= ({"AA", "AE"} if refusals else {"AA"}), "an analyzer noticed the line"
        return findings[-1]

    async def other_arrives(self, messages: int = 100) -> None:
        """Further results of the other edge are acknowledged and reach the hub, meanwhile."""
        other = self.other
        before = await figure(other, "spool_events_receipted_total")
        await other.analyzers.more(messages)

        async def arrived() -> bool:
            return await figure(other, "spool_events_receipted_total") >= before + messages

        await until_told(arrived, "the other edge's events have their receipts")


async def figure(run: Run, name: str) -> float:
    """A figure of the run's edge, as it is now."""
    figures = await run.scrapes.scrape("edge")
    assert figures is not None, run.installation.last_words("edge")
    return figures[name]


@asynccontextmanager
async def scene(
    folder: Path, *, proxied: bool = True, quota_mb: int = 1024, program: tuple[str, ...] = EPIHUB
) -> AsyncIterator[Scene]:
    """Hub, edge-1 and edge-2 under load, on hosts of their own; everything is ended behind it."""
    with network() as net:
        async with hosted(folder, net, proxied=proxied, quota_mb=quota_mb, program=program) as there:
            apart, chaos, edge, other = there
            for run in (edge, other):
                run.analyzers.start()
            yield Scene(net, apart, chaos, edge, other)


@asynccontextmanager
async def hosted(
    folder: Path, hosts: Hosts, *, proxied: bool, quota_mb: int, program: tuple[str, ...] = EPIHUB
) -> AsyncIterator[tuple[Apart, Chaos, Run, Run]]:
    """The processes, connected, and their analyzers at rest."""
    async with AsyncExitStack() as ending:
        write_hub(folder, hosts)
        chaos = await ending.enter_async_context(chaos_between(hosts))
        line = hosts.line if proxied else hosts.bus
        first = Apart.of(folder, hosts, "edge-1", line, quota_mb, program)
        second = Apart.of(folder, hosts, "edge-2", hosts.bus, quota_mb, program)
        edge, other = [await ending.enter_async_context(_running(each)) for each in (first, second)]
        await first.start("hub")
        second.processes["hub"] = first.processes["hub"]
        await asyncio.gather(first.start("edge"), second.start("edge"))
        await asyncio.gather(first.until_connected(), second.until_connected())
        yield first, chaos, edge, other


@asynccontextmanager
async def _running(installation: Apart) -> AsyncIterator[Run]:
    """Analyzers of one edge, at rest, and its scrapes."""
    tag = letters()
    analyzers = Analyzers(installation.mllp_port, tag, dial=installation.dial_device)
    run = Run(installation, analyzers, Scrapes(installation))
    watching = asyncio.create_task(run.scrapes.run(), name=f"scrapes[{installation.host}]")
    try:
        yield run
    finally:
        watching.cancel()
        await analyzers.cancel()
        await installation.end()
        await asyncio.gather(watching, return_exceptions=True)


@asynccontextmanager
async def chaos_between(hosts: Hosts) -> AsyncIterator[Chaos]:
    """``epihub chaos`` on the wan, ready."""
    chaos = Chaos(await _chaos(hosts))
    try:
        await chaos.heard()
        yield chaos
    finally:
        await _end(chaos.process)


async def _chaos(hosts: Hosts) -> Process:
    (line, line_port), (bus, bus_port) = hosts.line, hosts.bus
    return await asyncio.create_subprocess_exec(
        *hosts.inside("wan"), *EPIHUB, "chaos", "--control",
        "--listen", f"{line}:{line_port}", "--to", f"{bus}:{bus_port}",
        stdin=PIPE, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _both(first: Ledger, second: Ledger) -> Ledger:
    return Ledger(first.sent | second.sent, first.acknowledged | second.acknowledged)

"""Seven days without the hub: ``./dev soak partition [--events N]`` writes docs/evidence/<date>-partition.md.

One edge is cut off while its analyzers fill its spool with results of seven days (their times say so; the
run takes minutes). Another edge goes on all the while. Then the line comes back: everything must arrive
once and in order, and the other edge's events must not wait more than twice as long as before.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.apart.network import Loopback
from tests.apart.scene import Chaos, hosted
from tests.bench.parts.machine import syncs_a_second
from tests.fire.analyzers import TESTS, Ledger
from tests.fire.campaign import Run
from tests.fire.oracle import Findings, drained, examine
from tests.fire.patience import until, until_told
from tests.soak.parts.arrivals import Arrivals, Latency
from tests.soak.parts.evidence import heading, named, publish

PARTITION = timedelta(days=7)
QUOTA_MB = 65_536
LIVE_PACE_SECONDS = 0.1  # of six connections at each edge
MOST_DELAY = 2.0
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Outcome:
    """What a partition did. ``alone``, ``beside``: the other edge's events without and with a drain."""

    backlog: int
    fill_seconds: float
    drain_seconds: float
    drained: int
    longest_new_seconds: float
    alone: Latency
    beside: Latency
    facts: int
    findings: Findings

    @property
    def delays(self) -> tuple[float, float]:
        """How many times longer the other edge's events took: median and 99th percentile."""
        return self.beside.median_ms / self.alone.median_ms, self.beside.p99_ms / self.alone.p99_ms


async def partition(folder: Path, events: int, quiet_seconds: float) -> Outcome:
    """Cut, fill, measure, heal, measure; AssertionError when anything is lost, doubled or out of turn."""
    hosts = Loopback.found()
    async with hosted(folder, hosts, proxied=True, quota_mb=QUOTA_MB) as (apart, chaos, edge, other):
        await chaos.say("cut")
        began = time.monotonic()
        await _fill(edge, events)
        fill_seconds = time.monotonic() - began
        for run in (edge, other):
            run.analyzers.pace_seconds = LIVE_PACE_SECONDS
            run.analyzers.start()
        await other.analyzers.more(20)
        with Arrivals(apart.store, other.installation.edge) as arrivals:
            arrivals.begin()
            await asyncio.sleep(quiet_seconds)
            alone = arrivals.latency()
            backlog = await _waiting(edge)
            drain_seconds = await _drain(chaos, edge, arrivals)
            beside = arrivals.latency()
        findings, facts = await _examined(edge, other)
    return Outcome(
        backlog, fill_seconds, drain_seconds, arrivals.others, arrivals.longest_wait_seconds,
        alone, beside, facts, findings,
    )  # fmt: skip


async def _fill(edge: Run, events: int) -> None:
    """Results of seven days, in order, through listener, codec and spool."""
    messages, sent = max(1, events // len(TESTS)), edge.analyzers.ledger.sent
    first = datetime.now(UTC) - PARTITION
    edge.analyzers.clock = lambda: first + PARTITION * min(1.0, len(sent) / messages)
    edge.analyzers.pace_seconds = 0
    edge.analyzers.start()
    await edge.analyzers.more(messages, LONGEST_SECONDS)
    await edge.analyzers.finish()
    edge.analyzers.clock = lambda: datetime.now(UTC)


async def _drain(chaos: Chaos, edge: Run, arrivals: Arrivals) -> float:
    """Seconds from the first event of the backlog in the store until nothing of it waits."""
    before, arrivals.since_ms = arrivals.others, time.time() * 1000
    await chaos.say("heal")
    await until(lambda: arrivals.others > before, "the backlog begins to arrive", 60)
    arrivals.begin()
    began = time.monotonic()

    async def done() -> bool:
        return await _waiting(edge) < 100  # its analyzers go on

    await until_told(done, "the backlog is drained", LONGEST_SECONDS)
    return time.monotonic() - began


async def _waiting(edge: Run) -> int:
    figures = await edge.scrapes.scrape("edge")
    assert figures is not None, edge.installation.last_words("edge")
    return int(figures["spool_events_waiting"])


async def _examined(*runs: Run) -> tuple[Findings, int]:
    """End the load; every result of both edges once, each edge in its own order. Findings of the first."""
    ledger = Ledger()
    for run in runs:
        await run.analyzers.finish()
        await drained(run.installation, run.scrapes)
        ledger.sent |= run.analyzers.ledger.sent
        ledger.acknowledged |= run.analyzers.ledger.acknowledged
    findings = [examine(run.installation, ledger) for run in runs]
    for found, run in zip(findings, runs, strict=True):
        assert not found.wrong, found.wrong
        assert not found.inversions, f"{found.inversions} events stand out of turn"
        assert not run.scrapes.wrong, run.scrapes.wrong[:5]
        assert set(run.analyzers.ledger.answers) == {"AA"}
    return findings[0], len(ledger.acknowledged) * len(TESTS)


def main(arguments: Sequence[str]) -> int:
    """0 when all arrived and nobody waited too long, 1 when the other edge did; AssertionError otherwise."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder:
        syncs = syncs_a_second(Path(folder))
        outcome = asyncio.run(partition(Path(folder), options.events, options.quiet_seconds))
    text = report(options.events, syncs, outcome)
    publish(text, options.report)
    return 0 if max(outcome.delays) <= MOST_DELAY else 1


def report(events: int, syncs: float, outcome: Outcome) -> str:
    """The report in Markdown."""
    rate = outcome.backlog / outcome.drain_seconds
    rows = {
        "events in the spool when the line came back": f"{outcome.backlog:,}",
        "lab facts acknowledged and stored, both edges": f"{outcome.facts:,}",
        "lost, stored twice, out of turn": "0, 0, 0",
        "epochs of the edge": f"{outcome.findings.epochs}",
        "filled through MLLP, s": f"{outcome.fill_seconds:,.1f}",
        "drained, s (events a second)": f"{outcome.drain_seconds:,.1f} ({rate:,.0f})",
        "longest wait of a new result of the same edge, s": f"{outcome.longest_new_seconds:,.0f}",
    }
    delays = [f"{delay:.2f}" for delay in outcome.delays]
    alone, beside = outcome.alone, outcome.beside
    lines = [
        *heading("Seven days without the hub", f"./dev soak partition --events {events}", syncs),
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
        "",
        "| the other edge, from its bytes to the store | events | median, ms | p99, ms | longest, ms |",
        "|---|---|---|---|---|",
        _row("nobody drains", alone),
        _row("beside the drain", beside),
        f"| times as long | | {delays[0]} | {delays[1]} | |",
        "",
        f"At most {MOST_DELAY:g} times as long is asked for. What is drained keeps its order: a new result",
        "of the same edge waits behind its backlog ([apart](../apart.md)).",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, latency: Latency) -> str:
    return (
        f"| {name} | {latency.events:,} | {latency.median_ms:,.0f} | {latency.p99_ms:,.0f} "
        f"| {latency.longest_ms:,.0f} |"
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak partition", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="in the spool when the line comes back")
    parser.add_argument("--quiet-seconds", type=float, default=30.0, help="measured without a drain")
    parser.add_argument("--report", type=Path, default=named("partition"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Gates: kill -9, and a day off-line: ``./dev soak gate [--kills N] [--people N] [--events N]``.

Simulated people come and go at simulated gates: scanners on TCP whose gates open by a relay, and terminals
that push, with clocks that are off by ten minutes, backlogs in any order, and every fifth code shown or sent
twice. First the edge is killed at random moments, and now and then the hub; then there is no bus while
100,000 events gather at the edge. Each time the hub's log and its zones are compared with what was true.
The report is docs/evidence/<date>-gates.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from simulators.gates.gate_comparison import Comparison
from tests.bench.parts.machine import syncs_a_second
from tests.fire.installation import Installation, Layout
from tests.fire.oracle import drained
from tests.fire.patience import until
from tests.fire.scrapes import Scrapes
from tests.soak.parts.evidence import heading, named, publish
from tests.soak.parts.gate_sites import Crowd, GateSites, gate_sites

LONGEST_SECONDS = 1800.0
LONGEST_BREATH_SECONDS = 0.3
HUB_EVERY = 10  # of the kills one is the hub's, where it is apart
WHOLE_EVERY = 12  # of the kills one is of everything at once, under a crowd so much smaller
EVENTS_A_PERSON = 5.5  # scan, decision and passage, of most both in and out; about


@dataclass(frozen=True)
class Outcome:
    """Of one part. ``waited``: events that were in the spool alone when the hub came back."""

    comparison: Comparison
    kills: int
    seconds: float
    waited: int = 0
    again: int = 0
    synced_seconds: float = 0.0


async def killed(folder: Path, layout: Layout, crowd: Crowd, kills: int) -> Outcome:
    """A run under fire; AssertionError when anything is lost, doubled or decided otherwise."""
    installation = Installation.make(folder, layout)
    began = time.monotonic()
    async with gate_sites(installation, crowd) as sites:
        sites.begin()
        await _kill_at_random(sites, crowd, kills, Random(crowd.seed))
        await until(sites.ended, "everybody has come and gone", LONGEST_SECONDS)
        comparison = await _compared(sites)
        seconds, again = time.monotonic() - began, sites.run.wires.counts().again
        return Outcome(comparison, kills, seconds, again=again)


async def away(folder: Path, crowd: Crowd) -> Outcome:
    """Everybody comes while there is no bus; then the hub takes in what the edge has kept."""
    installation = Installation.make(folder, "one machine")
    began = time.monotonic()
    async with gate_sites(installation, crowd) as sites:
        await installation.hold_broker()
        sites.begin()
        await until(sites.ended, "everybody has come and gone", LONGEST_SECONDS)
        edge = await Scrapes(installation).scrape("up")
        assert edge is not None
        back = time.monotonic()
        installation.release_broker()
        comparison = await _compared(sites)
        synced = time.monotonic() - back
        waited = int(edge["spool_events_waiting"])
        return Outcome(comparison, 0, time.monotonic() - began, waited, synced_seconds=synced)


async def _kill_at_random(sites: GateSites, crowd: Crowd, kills: int, random: Random) -> None:
    """Each kill comes when so many codes were shown, and a random breath later."""
    for place, share in enumerate(sorted(random.uniform(0.02, 0.9) for _ in range(kills))):
        goal = int(share * crowd.people)
        await until(
            lambda goal=goal: sites.shown >= goal or sites.ended(),  # type: ignore[misc]
            f"{goal} codes are shown",
            LONGEST_SECONDS,
        )
        await asyncio.sleep(random.uniform(0, LONGEST_BREATH_SECONDS))
        assert not sites.ended(), "everybody was gone before the last kill"
        whose = sites.installation.roles
        victim = whose[0] if place % HUB_EVERY == HUB_EVERY - 1 else whose[-1]
        await sites.installation.kill(victim)
        await sites.installation.start(victim)


async def _compared(sites: GateSites) -> Comparison:
    await drained(sites.installation, Scrapes(sites.installation), LONGEST_SECONDS)
    await sites.installation.until_api(LONGEST_SECONDS)
    comparison = await asyncio.to_thread(sites.compared)
    assert not comparison.wrong, "\n".join(comparison.lines())
    assert not comparison.truth.unsettled, "what nobody knows of proves nothing"
    return comparison


def main(arguments: Sequence[str]) -> int:
    """0 when nothing was lost or doubled; AssertionError and no report else."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as name:
        folder = Path(name)
        syncs = syncs_a_second(folder)
        outcomes = {title: asyncio.run(part) for title, part in _parts(folder, options)}
    publish(report(options, syncs, outcomes), options.report)
    return 0


def _parts(folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, Coroutine[Any, Any, Outcome]]]:
    whole, seed = options.kills // WHOLE_EVERY, options.seed
    if halves := options.kills - whole:
        crowd = Crowd(options.people, 6, seed=seed)
        yield "edge or hub killed", killed(folder / "halves", "two processes", crowd, halves)
    if whole:
        crowd = Crowd(options.people // WHOLE_EVERY, 4, 4, seed=seed)
        yield "all of `epihub up` killed", killed(folder / "whole", "one machine", crowd, whole)
    if options.events:
        crowd = Crowd(int(options.events / EVENTS_A_PERSON), 8, 2, relays=False, seed=seed)
        yield "without a bus", away(folder / "away", crowd)


def report(options: argparse.Namespace, syncs: float, outcomes: Mapping[str, Outcome]) -> str:
    """The report in Markdown."""
    command = (
        f"./dev soak gate --kills {options.kills} --people {options.people} --events {options.events} "
        f"--seed {options.seed}"
    )
    return "\n".join(
        [
            *heading("Gates: killed, cut off, and none lost or doubled", command, syncs),
            f"| | {' | '.join(outcomes)} |",
            "|---|" + "---|" * len(outcomes),
            *(f"| {name} | {' | '.join(values)} |" for name, *values in _rows(tuple(outcomes.values()))),
            "",
            "One code in five was shown or sent twice, one in thirty was a wrong one. Pushing gates sent",
            "backlogs in order, backwards or shuffled; their clocks were off by ten minutes, both ways.",
            "While there were kills scanners had relays: who was not let in showed the code again. Every",
            "passage of the truth was compared by gate and direction, every decision with its reason, the",
            "visits with the people who came, each zone's count with who was inside, by the log and the API.",
            "",
        ]
    )


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    def row(name: str, of: Callable[[Outcome], float]) -> tuple[str, ...]:
        return name, *(f"{of(each):,.0f}" for each in outcomes)

    yield row("gates", lambda each: len(each.comparison.truth.zones))
    yield row("`kill -9`", lambda each: each.kills)
    yield row("codes shown for the first time", lambda each: each.comparison.truth.shows)
    yield row("shown or sent twice", lambda each: each.comparison.truth.again.total())
    yield row("shown or sent again because somebody was gone", lambda each: each.again)
    yield row("passages", lambda each: each.comparison.told.passages.total())
    yield row("lost, doubled, decided otherwise", lambda each: len(each.comparison.wrong))
    yield row("zones whose count is who is inside", lambda each: len(each.comparison.truth.inside))
    yield row("events that waited in the spool alone", lambda each: each.waited)
    yield row("seconds until they were in the store and compared", lambda each: each.synced_seconds)
    yield row("seconds in all", lambda each: each.seconds)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak gate", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="0: none")
    parser.add_argument("--people", type=int, default=4000, help="who come while kills happen")
    parser.add_argument("--events", type=int, default=100_000, help="about so many without a bus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=named("gates"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

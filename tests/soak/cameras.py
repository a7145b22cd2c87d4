"""Cameras: a storm, and faults for an hour: ``./dev soak cameras [--cameras N] [--minutes M]``.

First all cameras are lost at once, as when switches die, and come back together: how soon all are seen
again, how many are connected to in any second, and how many alarms that was. Then faults of lines and of
pictures come from a seed, one after the other on every camera, and the hub's log is compared with what was
true. Pictures are looked at each second then instead of each ten seconds: a minute has the checks of ten.
The report is docs/evidence/<date>-cameras.md.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.cameras.camera_comparison import CameraComparison
from simulators.cameras.camera_plan import cameras
from simulators.cameras.fault_episodes import mixture
from tests.bench.parts.machine import syncs_a_second
from tests.fire.installation import Installation, Layout
from tests.fire.patience import until
from tests.soak.parts.camera_sites import CameraSites, Watched, camera_sites
from tests.soak.parts.evidence import heading, named, publish

STORM_CHECK_SECONDS = 30.0
AWAY_SECONDS = 75.0  # offline_seconds, the rules' own, and as long again
BACK_SECONDS = 15.0
MOST_CONNECTS = 20
CHECK_SECONDS, QUIET_SECONDS = 1.0, 100.0
SETTLING_SECONDS = 10.0


@dataclass(frozen=True)
class Storm:
    """``connects``: most that began in any second. ``alarms``: those that nothing explains, by site."""

    cameras: int
    sites: int
    back_seconds: float
    connects: int
    alarms: dict[str, int]
    explained: int


async def storm(folder: Path, layout: Layout, watched: Watched, away_seconds: float) -> Storm:
    """An epihub whose cameras are all lost and return; AssertionError where one is not back."""
    async with camera_sites(Installation.make(folder, layout), watched) as sites:
        await sites.until_online()
        return await lost_and_back(sites, away_seconds)


async def lost_and_back(sites: CameraSites, away_seconds: float) -> Storm:
    """All of them together; AssertionError where one is not back."""
    loop, server, plans = asyncio.get_running_loop(), sites.server, sites.run.plans
    server.shut()
    await asyncio.sleep(away_seconds)
    alarms, explained = _alarms(await sites.asked("alarms", limit=1000))
    server.connected.clear()
    server.reopen()
    await server.opened()
    back = loop.time()
    await until(lambda: _watched(sites) == len(plans), "all are watched again", 4 * BACK_SECONDS)
    seconds = loop.time() - back
    await sites.until_online()
    connects = most_within_a_second(list(server.connected))
    return Storm(len(plans), len({plan.site for plan in plans}), seconds, connects, alarms, explained)


def _watched(sites: CameraSites) -> int:
    """Cameras that send pictures to somebody."""
    return sum(state.sessions > 0 for state in sites.server.states.values())


def most_within_a_second(times: Sequence[float]) -> int:
    """Of ascending times: most in any closed second."""
    most, first = 0, 0
    for place, at in enumerate(times):
        while at - times[first] > 1.0:
            first += 1
        most = max(most, place - first + 1)
    return most


def _alarms(incidents: Sequence[dict[str, Any]]) -> tuple[dict[str, int], int]:
    """By site those that nothing explains, and how many others."""
    alone: dict[str, int] = {}
    for incident in incidents:
        if incident["state"] != "SUPPRESSED":
            alone[incident["site"]] = alone.get(incident["site"], 0) + 1
    return alone, len(incidents) - sum(alone.values())


async def lived(folder: Path, watched: Watched, seconds: float, seed: int) -> CameraComparison:
    """Faults from a seed against the log of a hub."""
    plans = cameras(watched.cameras, watched.sites, watched.clip, scenes=watched.scenes)
    episodes = mixture(plans, seconds, seed, watched.check_seconds, QUIET_SECONDS)
    async with camera_sites(Installation.make(folder, "one machine"), watched, episodes) as sites:
        await sites.until_online()
        left = len(episodes)
        await until(lambda: sites.run.ended == left, "all faults are over", seconds + 300)
        await asyncio.sleep(SETTLING_SECONDS)
        return await asyncio.to_thread(sites.compared)


def main(arguments: Sequence[str]) -> int:
    """0 when all was right; the report is written in any case."""
    options = _options(arguments)
    outcome: Storm | None = None
    comparison: CameraComparison | None = None
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as name:
        folder = Path(name)
        syncs = syncs_a_second(folder)
        if options.cameras:
            many = Watched(options.cameras, options.sites, STORM_CHECK_SECONDS)
            outcome = asyncio.run(storm(folder / "storm", "one machine", many, AWAY_SECONDS))
        if options.minutes:
            few = Watched(options.watched, options.sites, CHECK_SECONDS)
            comparison = asyncio.run(lived(folder / "lived", few, 60 * options.minutes, options.seed))
    wrong = [*(_wrong(outcome) if outcome else ()), *(comparison.wrong if comparison else ())]
    publish(report(options, syncs, outcome, comparison, wrong), options.report)
    return 1 if wrong else 0


def _wrong(outcome: Storm) -> Iterator[str]:
    if outcome.back_seconds > BACK_SECONDS:
        yield f"all were back after {outcome.back_seconds:.1f} s"
    if outcome.connects > MOST_CONNECTS:
        yield f"{outcome.connects} connects in a second"
    if len(outcome.alarms) != outcome.sites or set(outcome.alarms.values()) != {1}:
        yield f"alarms by site: {outcome.alarms}"


def report(
    options: argparse.Namespace,
    syncs: float,
    outcome: Storm | None,
    comparison: CameraComparison | None,
    wrong: Sequence[str],
) -> str:
    """The report in Markdown."""
    command = (
        f"./dev soak cameras --cameras {options.cameras} --sites {options.sites} "
        f"--watched {options.watched} --minutes {options.minutes:g} --seed {options.seed}"
    )
    lines = heading("Cameras: a storm, and faults against the truth", command, syncs)
    if outcome is not None:
        lines += _told_of_storm(outcome)
    if comparison is not None:
        lines += ["", "## Faults from a seed, a look at each picture every second", "", "```"]
        lines += [*comparison.lines(), "```"]
    lines += ["", f"{len(wrong)} things were wrong.", ""]
    return "\n".join(lines)


def _told_of_storm(outcome: Storm) -> list[str]:
    alone = sum(outcome.alarms.values())
    return [
        f"## {outcome.cameras} cameras at {outcome.sites} sites are lost at once and return together",
        "",
        "| | |",
        "|---|---|",
        f"| all are watched again after | {outcome.back_seconds:.1f} s |",
        f"| most connects in any second | {outcome.connects} |",
        f"| alarms that nothing explains | {alone}, at {len(outcome.alarms)} sites |",
        f"| explained by them | {outcome.explained} |",
    ]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak cameras", description=__doc__)
    parser.add_argument("--cameras", type=int, default=200, help="of the storm; 0: none")
    parser.add_argument("--sites", type=int, default=4)
    parser.add_argument("--watched", type=int, default=24, help="cameras that have faults")
    parser.add_argument("--minutes", type=float, default=60, help="of faults; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=named("cameras"), help="file to write the report to")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

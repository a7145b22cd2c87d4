"""What fridges went through is what the alarms know: ``./dev soak cold-chain [--units N] [--kills N]``.

Simulated fridges and freezers tell a past of many days over Zigbee2MQTT, Tasmota, ChirpStack, cce-interop
and files, with every kind of fault, while the whole of ``epihub up`` is killed again and again. In the end
the hub's incidents are compared with the simulators' own truth. The report is
docs/evidence/<date>-cold-chain.md.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from simulators.cold_chain.truth_comparison import Comparison, Truth, compared_in_time, read_truth
from tests.bench.parts.machine import syncs_a_second
from tests.fire.installation import Installation
from tests.fire.patience import until
from tests.soak.parts.cold_units import ColdUnits, World, cold_units
from tests.soak.parts.evidence import heading, named, publish

LONGEST_SECONDS = 7200.0
JUDGED_SECONDS = 300.0
LONGEST_BREATH_SECONDS = 1.0


@dataclass(frozen=True)
class Outcome:
    """``seconds``: until all was taken, until all was judged."""

    world: World
    kills: int
    truth: Truth
    counts: dict[str, Any]
    comparison: Comparison
    seconds: tuple[float, float]


async def soak(folder: Path, world: World, kills: int) -> Outcome:
    """A whole run; AssertionError when an excursion was missed, made up or told otherwise."""
    installation = Installation.make(folder, "one machine")
    async with cold_units(installation, world) as units:
        began = time.monotonic()
        await _kill_at_random(units, kills, Random(world.seed))
        await until(lambda: units.ended, "all was sent and taken", LONGEST_SECONDS)
        assert units.process.returncode == 0, units.last_words()
        sent_seconds = time.monotonic() - began
        truth = read_truth(units.truth)
        url = f"http://127.0.0.1:{installation.api_port}"
        await installation.until_api()
        comparison = await asyncio.to_thread(compared_in_time, truth, url, "", JUDGED_SECONDS, _say)
        assert not comparison.wrong, "\n".join(comparison.lines())
        counts = json.loads(units.truth.read_text("utf-8").splitlines()[-1])
        assert counts["refused"] == 0, units.last_words()
        return Outcome(world, kills, truth, counts, comparison, (sent_seconds, time.monotonic() - began))


async def _kill_at_random(units: ColdUnits, kills: int, random: Random) -> None:
    """Each kill comes when units have lived so much of their days, and a random breath later."""
    for share in sorted(random.uniform(0.03, 0.9) for _ in range(kills)):
        await until(
            lambda share=share: units.lived() >= share or units.ended,  # type: ignore[misc]
            f"{share:.0%} of the days are lived",
            LONGEST_SECONDS,
        )
        await asyncio.sleep(random.uniform(0, LONGEST_BREATH_SECONDS))
        assert not units.ended, "all was sent before the last kill"
        await units.installation.kill("up")
        await units.installation.start("up")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """0 when the alarms know what happened; AssertionError and no report otherwise."""
    options = _options(arguments)
    world = World(
        options.units, options.sites, options.days, options.every_minutes, options.scenario, options.seed
    )
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder:
        syncs = syncs_a_second(Path(folder))
        outcome = asyncio.run(soak(Path(folder) / "hub", world, options.kills))
    publish(report(syncs, outcome), options.report)
    return 0


def report(syncs: float, outcome: Outcome) -> str:
    """The report in Markdown."""
    world = outcome.world
    command = (
        f"./dev soak cold-chain --units {world.units} --sites {world.sites} --days {world.days:g} "
        f"--every-minutes {world.every_minutes:g} --kills {outcome.kills} --seed {world.seed}"
    )
    return "\n".join(
        [
            *heading("What fridges went through is what the alarms know", command, syncs),
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in _rows(outcome)),
            "",
            "| rule | excursions, each one incident with the same bounds |",
            "|---|---|",
            *(f"| {rule} | {count:,} |" for rule, count in sorted(outcome.comparison.same.items())),
            "",
            "| physical fault | times |",
            "|---|---|",
            *(f"| {kind} | {count:,} |" for kind, count in sorted(outcome.truth.faults.items())),
            "",
            "Excursions were found by the simulators' own brute force in what the devices measured, from",
            "[the rule text](../alarm_rules.md) alone; start, raised and cleared are the same to the",
            "millisecond. The world is that of [simulators](../simulators.md).",
            "",
        ]
    )


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    world, counts, comparison = outcome.world, outcome.counts, outcome.comparison
    yield "units, sites", f"{world.units}, {world.sites}"
    yield "days of each", f"{world.days:g}"
    yield "readings measured that rules look at", f"{counts['readings']:,}"
    yield "of their samples late, with a backlog", f"{counts['kept']:,}"
    yield "messages, transfers and files", f"{counts['sent']:,}"
    yield "of them sent twice", f"{counts['twice']:,}"
    yield "transfers tried again", f"{counts['again']:,}"
    yield "`kill -9` of the whole of `epihub up`", f"{outcome.kills}"
    yield "true excursions", f"{comparison.same.total():,}"
    yield "missed, false, different", "0, 0, 0"
    yield "seconds until all was taken", f"{outcome.seconds[0]:,.0f}"
    yield "seconds until all was judged", f"{outcome.seconds[1]:,.0f}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak cold-chain", description=__doc__)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--sites", type=int, default=12)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--every-minutes", type=float, default=10.0)
    parser.add_argument("--scenario", default="mixed")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=named("cold-chain"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

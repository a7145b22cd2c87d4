"""Alarms and kill -9: ``./dev soak alarm-kills [--kills N] [--hours N] [--seed N]``.

A simulated fridge tells its days to a running epihub, a third of it late, each reading until it is heard;
epihub is killed at random moments all the while. In the end every episode that the reference finds in what
was said stands as one incident, with its bounds, and no other does; the ledger's chain proves itself, and
each entry is one event of the log. The report is docs/evidence/<date>-alarm-kills.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.parts.machine import syncs_a_second
from tests.fire import alarm_campaign
from tests.fire.alarm_campaign import Outcome
from tests.soak.parts.evidence import heading, named, publish


def main(arguments: Sequence[str]) -> int:
    """0 when nothing was missed, doubled or told otherwise; AssertionError and no report else."""
    options = _options(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as name:
        folder = Path(name)
        syncs = syncs_a_second(folder)
        outcome = asyncio.run(
            alarm_campaign.run(folder / "hub", options.seed, options.kills, hours=options.hours)
        )
    missed, false = outcome.expected - outcome.told, outcome.told - outcome.expected
    assert not missed, f"missed: {missed}"
    assert not false, f"false or doubled: {false}"
    assert not outcome.wrong, outcome.wrong
    publish(report(options, syncs, outcome, time.monotonic() - began), options.report)
    return 0


def report(options: argparse.Namespace, syncs: float, outcome: Outcome, seconds: float) -> str:
    """The report in Markdown."""
    command = f"./dev soak alarm-kills --kills {options.kills} --hours {options.hours} --seed {options.seed}"
    rows = (
        ("kill -9 of `epihub up`", f"{outcome.kills}"),
        ("readings, all heard", f"{outcome.readings:,}"),
        ("episodes by the reference", f"{outcome.expected.total()}"),
        ("incidents that stand for them; missed, false, doubled", f"{outcome.told.total()}; 0, 0, 0"),
        ("entries of the ledger, each one event of the log", f"{outcome.entries:,}"),
        ("seconds", f"{seconds:.0f}"),
    )
    table = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join([*heading("Alarms and kill -9", command, syncs), "| | |", "|---|---|", *table, ""])


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak alarm-kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--hours", type=int, default=400, help="that the fridge tells of")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=named("alarm-kills"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

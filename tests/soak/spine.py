"""The spine under kill -9: ``./dev soak spine [--store postgresql] [--kills 20] [--seed N]``.

Both layouts, load over MLLP all the time; edge, hub, broker and database server are killed in turn at
random moments. The report is docs/evidence/<date>-spine-<store>.md.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from tests.bench.parts.machine import syncs_a_second
from tests.fire.campaign import Run, campaign
from tests.fire.database import Dialect
from tests.fire.installation import LAYOUTS
from tests.fire.oracle import Findings
from tests.postgres.server import PostgresServer, embedded_programs, running_server
from tests.soak.parts.evidence import heading, named, publish

ROWS = ("messages sent", "acknowledged", "sent again", "lab facts stored", "lost", "stored twice",
        "events in the log", "epochs of the edge", "log entries out of turn (healed gaps)",
        "scrapes held to the identities", "scrapes while a process was away", "ACK p99 at the first try, ms",
        "seconds")  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """0 when every campaign held; AssertionError and no report when one did not."""
    options = _options(arguments)
    columns = []
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder, _server(options.store) as server:
        syncs = syncs_a_second(Path(folder))
        for layout in LAYOUTS:
            print(f"{layout}: {options.kills} kills, seed {options.seed} …", file=sys.stderr, flush=True)
            home = Path(folder) / layout.replace(" ", "-")
            run, findings, seconds = asyncio.run(campaign(home, layout, server, options.kills, options.seed))
            columns.append(_column(layout, run, findings, seconds))
    text = report(options, syncs, server.version if server else "", columns)
    publish(text, options.report or named(f"spine-{options.store}"))
    return 0


@contextmanager
def _server(store: Dialect) -> Iterator[PostgresServer | None]:
    """One that syncs its commits, where there must be one."""
    if store == "sqlite":
        yield None
        return
    with running_server(embedded_programs(), settings=()) as server:
        yield server


def report(
    options: argparse.Namespace, syncs: float, server: str, columns: list[tuple[str, list[str]]]
) -> str:
    """The report in Markdown; ``server``: what the database server calls itself, "" for a file."""
    heads = " | ".join(head for head, _ in columns)
    command = f"./dev soak spine --store {options.store} --kills {options.kills} --seed {options.seed}"
    lines = [
        *heading(f"The spine under kill -9, store in {server or 'SQLite'}", command, syncs),
        f"| | {heads} |",
        "|---|" + "---|" * len(columns),
    ]
    for name, *values in zip(ROWS, *(values for _, values in columns), strict=True):
        lines.append(f"| {name} | {' | '.join(values)} |")
    lines += [
        "",
        "Every acknowledged result was in the store exactly once, the spool drained, no identity failed in",
        "any scrape, and no child outlived its killed parent by two seconds; otherwise this page would not",
        "have been written. What such a run does and does not show: [durability](../durability.md).",
        "",
    ]
    return "\n".join(lines)


def _column(layout: str, run: Run, findings: Findings, seconds: float) -> tuple[str, list[str]]:
    ledger = run.analyzers.ledger
    killed = ", ".join(f"{count} × {victim}" for victim, count in run.kills.items())
    values: list[float] = [
        len(ledger.sent), findings.acknowledged, ledger.resends, findings.facts, len(findings.lost),
        len(findings.twice), findings.events, findings.epochs, findings.inversions, run.scrapes.count,
        run.scrapes.unanswered, ledger.p99_ms(), seconds,
    ]  # fmt: skip
    shown = [f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" for value in values]
    return f"{layout}: {killed}", shown


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak spine", description=__doc__)
    parser.add_argument("--store", choices=get_args(Dialect), default="sqlite")
    parser.add_argument("--kills", type=int, default=20, help="in each layout")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="default: by date and store in docs/evidence")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The spine under kill -9: ``./dev soak spine [--store postgresql] [--kills 20] [--seed N]``.

Both layouts, load over MLLP all the time; edge, hub, broker and database server are killed in turn at
random moments. The report is docs/evidence/<date>-spine-<store>.md.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from tests.fire.campaign import Run, campaign
from tests.fire.database import Dialect
from tests.fire.installation import LAYOUTS
from tests.fire.oracle import Findings
from tests.postgres.server import PostgresServer, embedded_programs, running_server

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
FSYNC_SECONDS = 2.0
PAGE = bytes(4096)
ROWS = ("messages sent", "acknowledged", "sent again", "lab facts stored", "lost", "stored twice",
        "events in the log", "epochs of the edge", "log entries out of turn (healed gaps)",
        "scrapes held to the identities", "scrapes while a process was away", "ACK p99 at the first try, ms",
        "seconds")  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """0 when every campaign held; AssertionError and no report when one did not."""
    options = _options(arguments)
    columns = []
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder, _server(options.store) as server:
        fsyncs = fdatasyncs_a_second(Path(folder))
        for layout in LAYOUTS:
            print(f"{layout}: {options.kills} kills, seed {options.seed} …", file=sys.stderr, flush=True)
            home = Path(folder) / layout.replace(" ", "-")
            run, findings, seconds = asyncio.run(campaign(home, layout, server, options.kills, options.seed))
            columns.append(_column(layout, run, findings, seconds))
    text = report(options, fsyncs, server.version if server else "", columns)
    path = options.report or EVIDENCE / f"{datetime.now(UTC):%Y-%m-%d}-spine-{options.store}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    print(text)
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
    options: argparse.Namespace, fsyncs: float, server: str, columns: list[tuple[str, list[str]]]
) -> str:
    """The report in Markdown; ``server``: what the database server calls itself, "" for a file."""
    kernel = ".".join(platform.release().split(".")[:2])
    heads = " | ".join(head for head, _ in columns)
    command = f"./dev soak spine --store {options.store} --kills {options.kills} --seed {options.seed}"
    lines = [
        f"# The spine under kill -9, store in {server or 'SQLite'}",
        "",
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"{os.cpu_count()} cores, shared with the load; Python {platform.python_version()},",
        f"{platform.system()} {kernel} {platform.machine()}; {fsyncs:,.0f} fdatasync/s of a page at rest.",
        "",
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


def fdatasyncs_a_second(folder: Path) -> float:
    """How often a page can be appended and made durable here."""
    path, count, began = folder / "fdatasync", 0, time.perf_counter()
    with path.open("wb", buffering=0) as file:
        while time.perf_counter() - began < FSYNC_SECONDS:
            file.write(PAGE)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / FSYNC_SECONDS


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

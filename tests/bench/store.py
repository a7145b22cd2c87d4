"""./dev bench store: how fast readings get into the store, how fast questions are answered, what it weighs.

Ingest: every way writes five thousand rows, then it is the next one's turn on the same disk, until
all are through; the verdict is the median of the runs' ratios. Questions to a store with a long
history, filled in bulk into its real tables and compacted by its own maintenance; warm, one after
the other, through the reader that the API has.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from storage.sqlite.reader import SqliteReader
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.history import FIRST, bytes_a_reading, fill_readings, fill_results
from tests.bench.parts.ingest import measure
from tests.bench.parts.ingest_postgres import measure_postgres
from tests.bench.parts.lookups import Lookup, Questions, ask
from tests.bench.parts.machine import speed
from tests.bench.parts.sensors import samples
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.postgres.server import PostgresServer, embedded_programs, running_server

PERIOD_MS = 60_000


async def bench_ingest(asked: argparse.Namespace) -> tuple[list[dict[str, float]], list[Target]]:
    """SQLite; each run with what the machine was worth before it."""
    rows = list(samples(asked.rows, asked.sensors, PERIOD_MS, FIRST))
    runs: list[dict[str, float]] = []
    for number in range(1, asked.runs + 1):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            folder = Path(name)
            worth = speed(folder)
            runs.append({"run": number, **await measure(folder, rows, asked.events), **worth})
    print_table(runs)
    for name in ("with_latest", "events"):
        print(
            f"        {name}: {ratio(runs, name, 'raw'):.2g} of raw, {ratio(runs, name, 'text'):.2g} of text"
        )
    return runs, [
        Target("reading table, of raw keyless", ratio(runs, "table", "raw"), 0.6, True),
        Target("reading table, times text-timestamp", ratio(runs, "table", "text"), 5.0, True),
    ]


async def bench_postgres(
    asked: argparse.Namespace, server: PostgresServer
) -> tuple[list[dict[str, float]], list[Target]]:
    """PostgreSQL, which shares disk and processors with the bench."""
    rows = list(samples(asked.rows, asked.sensors, PERIOD_MS, FIRST))
    runs = [
        {"run": number, **await measure_postgres(server, rows, asked.events)}
        for number in range(1, asked.runs + 1)
    ]
    print_table(runs)
    print(f"        events: {ratio(runs, 'events', 'copy'):.2g} of COPY")
    return runs, [Target("PostgreSQL reading table, of COPY", ratio(runs, "table", "copy"), 0.6, True)]


def ratio(runs: Sequence[Mapping[str, float]], way: str, to: str) -> float:
    """The median of the runs' ratios."""
    return median(run[way] / run[to] for run in runs)


async def bench_lookups(asked: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], list[Target]]:
    """Load, compact, weigh, ask."""
    path = folder / "history.db"
    readings = await fill_readings(path, asked.readings, asked.sensors)
    used, whole = bytes_a_reading(path, asked.readings)
    results = await fill_results(path, asked.results)
    figures = {
        "readings_load_s": readings.load,
        "readings_compact_s": readings.compact,
        "results_load_s": results.load,
        "results_count_s": results.compact,
        "bytes_a_reading": used,
        "file_bytes_a_reading": whole,
    }
    figures |= speed(folder)
    reader = SqliteReader(path)
    await reader.open()
    try:
        lookups = await _ask_all(Questions(reader, asked.sensors), asked.times)
    finally:
        await reader.close()
    print_table([figures])
    print_table([asdict(lookup) for lookup in lookups.values()])
    targets = [
        Target(f"{lookups[name].question}, p50 ms", lookups[name].p50_ms, bound, False)
        for name, bound in {
            "day": 20.0,
            "month": 30.0,
            "hours_of_hundred": 60.0,
            "district_days": 1.0,
        }.items()
    ]
    return {**figures, "lookups": [asdict(lookup) for lookup in lookups.values()]}, targets


async def _ask_all(questions: Questions, times: int) -> dict[str, Lookup]:
    few = max(5, times // 10)
    asked = {
        "day": ("day of one sensor", times),
        "month": ("month of one sensor", few),
        "hours": ("month of one, hourly", times),
        "hours_of_hundred": ("month of 100, hourly", few),
        "latest": ("latest of all", times),
        "district_days": ("results by district and day", times),
    }
    return {name: await ask(told, getattr(questions, name), count) for name, (told, count) in asked.items()}


async def bench(asked: argparse.Namespace, server: PostgresServer | None) -> bool:
    """Run everything, print tables and JSON; True when all targets were met."""
    figures: dict[str, Any] = {}
    targets: list[Target] = []
    if asked.runs:
        figures["ingest"], targets = await bench_ingest(asked)
    if asked.runs and server:
        figures["postgres"], more = await bench_postgres(asked, server)
        targets += more
    if asked.readings:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            figures["history"], more = await bench_lookups(asked, Path(name))
        targets += more
    return conclude(targets, figures)


def arguments() -> argparse.ArgumentParser:
    parser = options_of(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of ingest; 0 leaves it out")
    parser.add_argument("--rows", type=int, default=300_000, help="readings of each ingest run")
    parser.add_argument("--events", type=int, default=50_000, help="of them through the whole path")
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--readings", type=int, default=10_000_000, help="of the history; 0 leaves it out")
    parser.add_argument("--results", type=int, default=1_000_000, help="results of the history")
    parser.add_argument("--no-postgres", action="store_true", help="SQLite only")
    parser.add_argument("--times", type=int, default=200, help="how often each question is asked")
    return parser


def main() -> int:
    asked = arguments().parse_args()
    with nullcontext() if asked.no_postgres else _durable_server() as server:
        return status_of(lambda: bench(asked, server), check=asked.check)


def _durable_server() -> AbstractContextManager[PostgresServer]:
    """With its own settings a commit of the server is durable."""
    return running_server(embedded_programs(), settings=())


if __name__ == "__main__":
    sys.exit(main())

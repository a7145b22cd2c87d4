"""./dev bench store: how fast readings get into the store, how fast questions are answered, what it weighs.

Ingest in pairs, in turn, each run on a new file of the same disk: the verdict is the median of the
pairs' ratios. Questions to a store with a long history, filled in bulk into its real tables and
compacted by its own maintenance; warm, one after the other, through the reader that the API has.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from storage.sqlite.reader import SqliteReader
from tests.bench.parts import ingest
from tests.bench.parts.history import FIRST, bytes_a_reading, fill_readings, fill_results
from tests.bench.parts.ingest_postgres import measure_postgres
from tests.bench.parts.lookups import Lookup, Questions, ask
from tests.bench.parts.machine import loads_a_second, syncs_a_second
from tests.bench.parts.sensors import Sample, samples
from tests.bench.parts.servers import BenchFailed
from tests.bench.parts.verdict import Target, print_table, print_verdict
from tests.postgres.server import PostgresServer, embedded_programs, running_server

PERIOD_MS = 60_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows a second of every way, one after the other, and what the machine was worth before."""

    raw: float
    text: float
    table: float
    with_latest: float
    events: float
    syncs_a_second: float
    loads_a_second: float


async def measure_ingest(folder: Path, number: int, rows: list[Sample], events: int) -> Pair:
    """Every way once; every other pair begins with the other end, so that none is always first."""
    speed = {"syncs_a_second": syncs_a_second(folder), "loads_a_second": loads_a_second()}
    ways = {
        "raw": ingest.raw_keyless,
        "text": ingest.text_timestamp,
        "table": ingest.reading_table,
        "with_latest": ingest.readings_and_latest,
    }
    names = list(ways) if number % 2 else list(reversed(ways))
    rates = {name: await asyncio.to_thread(ways[name], folder / f"{name}.db", rows) for name in names}
    rates["events"] = await ingest.events(folder / "events.db", rows[:events])
    return Pair(**rates, **speed)


async def bench_ingest(asked: argparse.Namespace) -> tuple[list[Pair], list[Target]]:
    rows = list(samples(asked.rows, asked.sensors, PERIOD_MS, FIRST))
    pairs: list[Pair] = []
    for number in range(1, asked.pairs + 1):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            pairs.append(await measure_ingest(Path(name), number, rows, asked.events))
        print(f"pair {number}/{asked.pairs}")
    print_table([{"pair": number, **asdict(pair)} for number, pair in enumerate(pairs, 1)])
    for name in ("with_latest", "events"):
        raw, text = (
            median(getattr(pair, name) / getattr(pair, side) for pair in pairs) for side in ("raw", "text")
        )
        print(f"        {name}: {raw:.2g} of raw, {text:.2g} of text-timestamp")
    return pairs, [
        Target("reading table, of raw keyless", median(pair.table / pair.raw for pair in pairs), 0.6, True),
        Target(
            "reading table, times text-timestamp", median(pair.table / pair.text for pair in pairs), 5.0, True
        ),
    ]


async def bench_postgres(asked: argparse.Namespace, server: PostgresServer) -> tuple[list[Any], list[Target]]:
    rows = list(samples(asked.rows, asked.sensors, PERIOD_MS, FIRST))
    pairs = [await measure_postgres(server, n, rows, asked.events) for n in range(1, asked.pairs + 1)]
    print_table([{"pair": number, **asdict(pair)} for number, pair in enumerate(pairs, 1)])
    ratio = median(pair.table / pair.copy for pair in pairs)
    return pairs, [Target("PostgreSQL reading table, of COPY", ratio, 0.6, True)]


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
    pairs, targets = await bench_ingest(asked)
    others, more = await bench_postgres(asked, server) if server else ([], [])
    targets += more
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        folder = Path(name)
        speed = {"syncs_a_second": syncs_a_second(folder), "loads_a_second": loads_a_second()}
        history, more = await bench_lookups(asked, folder)
    targets += more
    met = print_verdict(targets)
    figures = {
        "ingest": [asdict(pair) for pair in pairs],
        "postgres": [asdict(pair) for pair in others],
        "history": {**history, **speed},
    }
    print(json.dumps({**figures, "targets": [asdict(target) for target in targets], "met": met}))
    return met


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=300_000, help="readings of each ingest run")
    parser.add_argument("--events", type=int, default=50_000, help="of them through the whole path")
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--readings", type=int, default=10_000_000, help="readings of the history")
    parser.add_argument("--results", type=int, default=1_000_000, help="results of the history")
    parser.add_argument("--no-postgres", action="store_true", help="SQLite only")
    parser.add_argument("--times", type=int, default=200, help="how often each question is asked")
    parser.add_argument("--folder", type=Path, help="where the databases are; a real disk, not memory")
    parser.add_argument("--check", action="store_true", help="end with status 1 when a target is missed")
    return parser


def main() -> int:
    asked = arguments().parse_args()
    try:
        if asked.no_postgres:
            met = asyncio.run(bench(asked, None))
        else:  # with its own settings a commit of the server is durable
            with running_server(embedded_programs(), settings=()) as server:
                met = asyncio.run(bench(asked, server))
    except BenchFailed as failure:
        print(f"bench failed: {failure}", file=sys.stderr)
        return 2
    return 1 if asked.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())

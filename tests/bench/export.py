"""./dev bench export: how fast readings leave the store as CSV and as Parquet, and with how much memory.

By itself 10,080,000 readings, packed: 100 probes for 70 days, one a minute. ``epihub export`` as a process of
its own, from its start to the file's name; its peak of memory beside that of one day of them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from hub.events import format_time
from storage.chunks import DAY_MS
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.exporting.packed import A_DAY, FIRST_DAY, pack_readings
from tests.fire.installation import EPIHUB

FORMATS = ("csv", "parquet")
MOST_GROWTH_MB = 40.0  # a row group, and what the allocators keep


class Ran(NamedTuple):
    """One run of the command; ``peak_mb``: the most memory it had."""

    rows: int
    seconds: float
    peak_mb: float
    file_mb: float


def export(data: Path, file: Path, rows: int, *arguments: str) -> Ran:
    """Raises BenchFailed."""
    began = time.monotonic()
    command = [*EPIHUB, "export", "readings", "--data", str(data), "--output", str(file), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or f": {rows} " not in told:
        raise BenchFailed(f"the command ended with {process.returncode}: {told}")
    return Ran(rows, time.monotonic() - began, usage.ru_maxrss / 1024, file.stat().st_size / 1e6)


async def bench(asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        data = Path(name)
        rows = await pack_readings(data / "store.db", asked.days, asked.probes)
        one_day = format_time((FIRST_DAY + 1) * DAY_MS)
        runs = {}
        for each in FORMATS:
            small = export(data, data / f"small.{each}", asked.probes * A_DAY, "--to", one_day)
            runs[each] = small, export(data, data / f"all.{each}", rows)
    print_table([{"format": each, **run._asdict()} for each, pair in runs.items() for run in pair])
    targets = [
        target
        for each, (small, whole) in runs.items()
        for target in (
            Target(f"{each}: readings a second", whole.rows / whole.seconds, 30_000, at_least=True),
            Target(
                f"{each}: more memory than for a day, MB",
                whole.peak_mb - small.peak_mb,
                MOST_GROWTH_MB,
                at_least=False,
            ),
        )
    ]
    return conclude(targets, {each: [run._asdict() for run in pair] for each, pair in runs.items()})


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--probes", type=int, default=100)
    options.add_argument("--days", type=int, default=70)
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())

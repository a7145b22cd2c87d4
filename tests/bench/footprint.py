"""./dev bench footprint: how soon ``epihub up`` is ready, and what it weighs when nothing happens.

Hub, edge, embedded broker, API and console, with the demo province's sites and devices and no
simulators. PSS shares out pages that the processes have in common (the interpreter, OpenSSL), so its
sum is what the machine gives; the sum of RSS counts those pages in each and is shown beside it.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from simulators.province import MQTT_PASSWORD_ENV, demo_config
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import command_of, cpu_seconds, family, memory
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.ports import free_row

MEGABYTE = 1024**2
MOST_MEGABYTES, MOST_SECONDS = 220.0, 3.0
START_SECONDS = 60.0
POLL_SECONDS = 0.02
DEMO_PORTS = 3  # in a row
EPIHUB = (sys.executable, "-c", "from hub.cli import main; main()")
NAMES = {
    "nats-server": "broker",
    "api.server": "API and console",
    "hub.runtime.hub_process": "hub",
    "from hub.cli": "edge",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One process: megabytes, and the CPU that idleness costs in ms a second."""

    name: str
    rss_mb: float
    pss_mb: float
    idle_cpu_ms_a_second: float


async def start_once(folder: Path) -> tuple[Process, float]:
    """The node, and the seconds from its start until /api/v1/readyz said 200; then a page was shown."""
    port, config = free_row(DEMO_PORTS), folder / "epihub.toml"
    config.write_text(demo_config(port), "utf-8")
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *EPIHUB,
        "up",
        "--config",
        str(config),
        env=os.environ | {MQTT_PASSWORD_ENV: "bench"},
        stdin=DEVNULL,
        stderr=DEVNULL,
    )
    while not await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}/api/v1/readyz"):
        if process.returncode is not None or time.perf_counter() - began > START_SECONDS:
            raise BenchFailed("epihub up did not become ready")
        await asyncio.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - began
    if not await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}/"):
        raise BenchFailed("the console does not answer")
    return process, seconds


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Process, float]]:
    process, seconds = await start_once(folder)
    try:
        yield process, seconds
    finally:
        process.terminate()
        await process.wait()


async def weigh(process: Process, idle_seconds: float) -> list[Part]:
    """Every process of the node after ``idle_seconds`` of nothing."""
    pids = family(process.pid)
    before = {pid: cpu_seconds([pid]) for pid in pids}
    await asyncio.sleep(idle_seconds)
    parts = []
    for pid in pids:
        weight = memory(pid)
        idle = 1000 * (cpu_seconds([pid]) - before[pid]) / idle_seconds
        parts.append(Part(_name(pid), weight.rss / MEGABYTE, weight.pss / MEGABYTE, idle))
    return parts


def _name(pid: int) -> str:
    command = command_of(pid)
    return next((name for mark, name in NAMES.items() if mark in command), command[:40])


async def bench(asked: argparse.Namespace) -> bool:
    starts: list[float] = []
    parts: list[Part] = []
    for number in range(asked.starts):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            async with running(Path(name)) as (process, seconds):
                starts.append(seconds)
                if number == asked.starts - 1:
                    parts = await weigh(process, asked.idle_seconds)
    total = Part("all", *(sum(column) for column in zip(*(_weights(part) for part in parts), strict=True)))
    print_table([asdict(part) for part in [*parts, total]])
    targets = [
        Target("idle, sum of PSS, MB", total.pss_mb, MOST_MEGABYTES, False),
        Target("idle, sum of RSS, MB", total.rss_mb, MOST_MEGABYTES, False),
        Target("start to ready, median seconds", median(starts), MOST_SECONDS, False),
    ]
    return conclude(targets, {"starts": starts, "parts": [asdict(part) for part in parts]})


def _weights(part: Part) -> tuple[float, float, float]:
    return part.rss_mb, part.pss_mb, part.idle_cpu_ms_a_second


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--starts", type=int, default=5, help="starts, each on a new data directory")
    parser.add_argument("--idle-seconds", type=float, default=20.0)
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())

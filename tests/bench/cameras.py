"""./dev bench cameras: what watching costs against cv2.VideoCapture, and how soon a camera is told as away.

Cost: CPU-seconds a stream-minute at 720p, 25 pictures and 2 Mbit/s: of a cv2.VideoCapture loop that reads all
of two cameras; of our monitor that judges a keyframe of each of twenty every 10 s, worker and all; of the
monitor that only receives. One after the other, on the same streams of one server, in a process of its own.
Then 200 cameras at 360p and 0.4 Mbit/s: how soon all are on line, CPU and memory; each hangs up, and each
stalls: from the moment of the fault to when the monitor tells it. Last a monitor with a wrong password: from
its start to when each of 200 cameras is told to have refused it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from simulators.cameras.clip_plans import ClipPlan
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import cpu_seconds, family, memory
from tests.bench.parts.servers import started
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.bench.parts.watched_cameras import Cameras, Watching, cameras, watching

# A prime number of keyframes: no check every 10 s meets the same one twice in a row.
LARGE = ClipPlan(width=1280, height=720, frames_a_second=25, keyframes=7, keyframe_seconds=2.0, kilobits=2000)
SMALL = ClipPlan(width=640, height=360, frames_a_second=25, keyframes=7, keyframe_seconds=2.0, kilobits=400)
CHECK_SECONDS, NEVER_SECONDS = 10.0, 86_400.0
SETTLE_SECONDS = 12.0  # the first check of each camera is at once: it belongs to no interval
MEGABYTE = 1024 * 1024
FASTEST_FAULTS_A_SECOND = 15  # below the pace of connects: the queue for it is no part of what is measured
Row = dict[str, float | str]


def p99(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


async def spent(pids: list[int], seconds: float) -> float:
    before, began = cpu_seconds(pids), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_seconds(pids) - before) / (time.monotonic() - began)


async def of_opencv(of: Cameras, count: int, seconds: float) -> Row:
    arguments = ("--port", str(of.port), "--cameras", str(count))
    async with started("tests.bench.parts.opencv_reader", *arguments) as (process, _):
        cores = await spent(family(process.pid), seconds)
        read = await _last_word(process)
    rate = read["frames"] / read["seconds"] / count
    if rate < 0.9 * LARGE.frames_a_second:
        raise BenchFailed(f"cv2 read {rate:.1f} pictures a second")
    return _row("cv2.VideoCapture loop", count, cores, rate)


async def of_monitor(of: Cameras, count: int, check_seconds: float, seconds: float, name: str) -> Row:
    async with watching(of, count, check_seconds) as monitor:
        await monitor.start()
        await monitor.online(count)
        await asyncio.sleep(SETTLE_SECONDS)
        cores = await spent(monitor.pids, seconds)
        ended = await monitor.end()
    _require_whole(ended, LARGE.frames_a_second)
    wanted = count * (SETTLE_SECONDS + seconds) / check_seconds
    if check_seconds < NEVER_SECONDS and ended["pictures"] < 0.8 * wanted:
        raise BenchFailed(f"{ended['pictures']} pictures were judged, {wanted:.0f} were due")
    return _row(name, count, cores, sum(rate or 0.0 for rate in ended["fps"]) / count)


def _require_whole(ended: dict[str, Any], frames_a_second: int) -> None:
    """Cheap because something was left out is not cheap."""
    mean = sum(rate or 0.0 for rate in ended["fps"]) / len(ended["fps"])
    if mean < 0.9 * frames_a_second or ended["loss"] > 0.001:
        raise BenchFailed(f"cameras came at {mean:.1f} pictures a second, loss {ended['loss']:.2%}")


def _row(name: str, count: int, cores: float, rate: float) -> Row:
    return {"way": name, "cameras": count, "cpu_s_a_stream_minute": 60 * cores / count, "fps": rate}


async def _last_word(process: Process) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def measure_cost(asked: argparse.Namespace, folder: Path) -> tuple[list[Row], list[Target]]:
    async with cameras(folder, LARGE, asked.large) as of:
        usual = await of_opencv(of, 2, asked.seconds)
        checked = await of_monitor(
            of, asked.large, CHECK_SECONDS, asked.seconds, "monitor, a check each 10 s"
        )
        received = await of_monitor(of, asked.large, NEVER_SECONDS, asked.seconds, "monitor, received only")
    rows = [usual, checked, received]
    costs = [float(row["cpu_s_a_stream_minute"]) for row in rows]
    for row, cost in zip(rows, costs, strict=True):
        row["times_cheaper"] = costs[0] / cost
    return rows, [
        Target("720p with a check each 10 s, times cheaper than cv2", costs[0] / costs[1], 40, True),
        Target("720p received only, times cheaper than cv2", costs[0] / costs[2], 100, True),
    ]


async def measure_many(asked: argparse.Namespace, folder: Path) -> tuple[dict[str, float], list[Target]]:
    async with cameras(folder, SMALL, asked.many, "--login") as of:
        async with watching(of, asked.many, CHECK_SECONDS, "--login") as monitor:
            began = time.time()
            await monitor.start()
            online_s = max(await monitor.online(asked.many)) - began
            await asyncio.sleep(SETTLE_SECONDS)
            cores = await spent(monitor.pids, asked.seconds)
            mb = sum(memory(pid).pss for pid in monitor.pids) / MEGABYTE
            closed_s = await seen_after(of, monitor, "drop", "closed")
            stall_s = await seen_after(of, monitor, "stall", "stall")
            await monitor.end()
        refused_s = await refused_after(of)
    figures = {"online_s": online_s, "cores": cores, "mb": mb, "closed_s": closed_s, "stall_s": stall_s}
    return figures | {"refused_s": refused_s}, [
        Target(f"{asked.many} cameras on line, seconds", online_s, 2, False),
        Target(f"{asked.many} cameras at 360p with checks, cores", cores, 1, False),
        Target(f"{asked.many} cameras, MB", mb, 250, False),
        Target("a closed line is told, p99 seconds", closed_s, 0.2, False),
        Target("a stall is told, p99 seconds", stall_s, 3, False),
        Target("a refused login is told, p99 seconds", refused_s, 1, False),
    ]


async def seen_after(of: Cameras, monitor: Watching, fault: str, reason: str) -> float:
    """Seconds from the fault to the word of it, p99 over all cameras, one after the other."""
    began = {}
    for number in range(of.count):
        began[number] = await of.fault(number, fault)
        await asyncio.sleep(1 / FASTEST_FAULTS_A_SECOND)
    told = [await monitor.told(f"cam-{number:03d}", reason, at) - at for number, at in began.items()]
    return p99(told)


async def refused_after(of: Cameras) -> float:
    """Seconds from a start with a wrong password, p99 over all cameras."""
    async with watching(of, of.count, CHECK_SECONDS, "--login", "--wrong") as monitor:
        began = time.time()
        await monitor.start()
        names = [f"cam-{number:03d}" for number in range(of.count)]
        return p99([await monitor.told(name, "unauthorized", began) - began for name in names])


async def bench(asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        folder = asked.footage or Path(name)
        rows, targets = await measure_cost(asked, folder)
        figures, more = await measure_many(asked, folder)
    print_table(rows)
    return conclude([*targets, *more], {"bench": "cameras", "cost": rows, "many": figures})


def main() -> int:
    parser = options_of(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=40, help="that each way is measured")
    parser.add_argument("--large", type=int, default=20, help="cameras at 720p")
    parser.add_argument("--many", type=int, default=200, help="cameras at 360p")
    parser.add_argument("--footage", type=Path, help="where footage is kept for the next run")
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())

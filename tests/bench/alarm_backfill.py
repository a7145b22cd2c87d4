"""./dev bench alarm-backfill: alarms of now while an edge brings a week.

An edge with 500 sensors was apart for seven days and drains: 504,000 readings, as fast as the hub takes them.
On another edge sensors go on and off meanwhile: how long each takes from the bus to its alarm on the bus,
beside the same in the same run before the drain began. Hub, broker and draining edge are processes of
their own on this machine. In the end the hub is started again, with all these sensors and two days of each.
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

import apsw

from hub.alarms.profiles import profiles_with
from hub.streams.clock import now_ms
from tests.bench.parts.alarmed_hub import AlarmedHub, hub_on
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import cpu_seconds, memory, speed
from tests.bench.parts.servers import running_broker, started, until
from tests.bench.parts.toggled_sensors import ToggledSensors, quantile
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table

Row = dict[str, float | str]


async def measure(folder: Path, asked: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    profiles = profiles_with(())
    async with running_broker(folder) as broker:
        live = ToggledSensors(broker.address)
        async with hub_on(broker, folder, profiles) as hub:
            rows, told = await _measure(hub, live, asked)
        began, began_ms = time.monotonic(), now_ms()
        async with hub_on(broker, folder, profiles) as hub:
            await live.toggle(asyncio.Event(), 1)
            told["first_alarm_after_start_seconds"] = time.monotonic() - began
            await until(lambda: judged_ms(hub.store) >= began_ms, "everything is judged after a start")
            told["judged_after_start_seconds"] = time.monotonic() - began
        await live.close()
    return rows, told


def judged_ms(store: Path) -> int:
    """When the hub last wrote that all before a place of its log is judged."""
    db = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(5000)
        return int(db.execute("SELECT judged_ms FROM alarm_progress").get)
    finally:
        db.close()


async def _measure(
    hub: AlarmedHub, live: ToggledSensors, asked: argparse.Namespace
) -> tuple[list[Row], dict[str, Any]]:
    await live.open()
    async with _late_edge(hub, asked) as (late, _):
        await live.toggle(asyncio.Event(), 40)  # connections, caches and code are warm then
        idle = await live.toggle(asyncio.Event(), asked.toggles)
        drained = asyncio.Event()
        cpu = cpu_seconds(hub.pids)
        draining = asyncio.create_task(_drain(late, drained))
        beside = await live.toggle(drained)
        told = await draining
    cpu = cpu_seconds(hub.pids) - cpu
    after = await live.toggle(asyncio.Event(), asked.toggles)
    weight = memory(hub.pids[0]).rss / 1e6
    rows = [_row("idle", idle), _row("draining", beside), _row("afterwards", after)]
    return rows, told | {"a_second": told["readings"] / told["seconds"], "cpu_seconds": cpu, "hub_mb": weight}


def _late_edge(hub: AlarmedHub, asked: argparse.Namespace) -> Any:
    account = hub.broker.account
    arguments = ("--port", str(hub.broker.port), "--sensors", str(asked.sensors), "--days", str(asked.days))
    environment = {"BENCH_BUS_USER": account.name, "BENCH_BUS_PASSWORD": account.password}
    return started("tests.bench.parts.backfill", *arguments, environment=environment)


async def _drain(late: Process, drained: asyncio.Event) -> dict[str, float]:
    assert late.stdin is not None
    assert late.stdout is not None
    late.stdin.write(b"\n")
    try:
        line = await late.stdout.readline()
    finally:
        drained.set()
    if not line:
        raise BenchFailed("the draining edge ended without a result")
    told: dict[str, float] = json.loads(line)
    return told


def _row(name: str, seconds: list[float]) -> Row:
    return {
        "while": name,
        "alarms": len(seconds),
        "p50_ms": quantile(seconds, 0.5),
        "p99_ms": quantile(seconds, 0.99),
        "longest_ms": quantile(seconds, 1),
    }


async def bench(asked: argparse.Namespace) -> bool:
    """Print a table, the verdict and one JSON line; True when all limits were held."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        before = speed(Path(name))
        rows, told = await measure(Path(name), asked)
    print_table(rows)
    idle, draining, _ = rows
    times = float(draining["p99_ms"]) / float(idle["p99_ms"])
    targets = [
        Target("99th percentile while draining, times the idle one", times, 2.0, False),
        Target("99th percentile from reading to alarm, idle, ms", float(idle["p99_ms"]), 100, False),
        Target("start until all is judged, s", told["judged_after_start_seconds"], 10, False),
    ]
    return conclude(targets, {"runs": rows, "drain": told, **before})


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--sensors", type=int, default=500)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--toggles", type=int, default=300, help="alarms before and after")
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())

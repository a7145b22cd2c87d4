"""An edge that was apart for days and now drains its spool: a process of its own, as on another machine.

Prints a line when the hub knows its sensors, waits for one, sends everything, and prints how long it took.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator

from hub.mqtt.connection import BrokerAddress
from hub.streams.clock import now_ms
from tests.bench.parts.fridges import Fridge
from tests.bench.parts.sensor_edge import Said, SensorEdge

SITE = "late"
PACE_MS = 600_000
DAY_MS = 86_400_000


def rounds(sensors: int, days: float, end_ms: int, seed: int) -> Iterator[list[Said]]:
    """What all sensors measured every ten minutes, oldest first; some compressors and probes failed."""
    dice = random.Random(seed)
    fridges = [Fridge(f"late-{number:03d}", dice) for number in range(sensors)]
    count = int(days * DAY_MS / PACE_MS)
    for number in range(count):
        at_ms = end_ms - (count - number) * PACE_MS
        yield [_said(fridge, number, at_ms + at) for at, fridge in enumerate(fridges)]


def _said(fridge: Fridge, number: int, at_ms: int) -> Said:
    (device, metric), time_ms, value, quality = next(iter(fridge.read(number, at_ms)))
    return Said.measured(device, metric, value, time_ms, quality)


async def drain(asked: argparse.Namespace) -> None:
    address = BrokerAddress(
        "127.0.0.1", asked.port, os.environ["BENCH_BUS_USER"], os.environ["BENCH_BUS_PASSWORD"]
    )
    edge = SensorEdge("edge-late", SITE, address)
    await edge.open()
    await edge.send([Said.online(f"late-{n:03d}", "fridge", now_ms()) for n in range(asked.sensors)])
    await edge.stored()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began, count = time.monotonic(), 0
    for said in rounds(asked.sensors, asked.days, now_ms(), asked.seed):
        await edge.send(said)
        count += len(said)
    await edge.stored()
    print(json.dumps({"readings": count, "seconds": time.monotonic() - began}), flush=True)
    await edge.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sensors", type=int, required=True)
    parser.add_argument("--days", type=float, required=True)
    parser.add_argument("--seed", type=int, default=20260101)
    asyncio.run(drain(parser.parse_args()))


if __name__ == "__main__":
    main()

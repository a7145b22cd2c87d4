"""The monitor of an edge in a process of its own, its cameras told by number; outlets keep the latest alone.

Prints "ready", then a line for each change of state: {camera state reason at}, Unix seconds. The first line
of standard input starts it; at the end of standard input it prints what came of it and ends.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Sequence

import uvloop

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.monitor import Monitor
from hub.contract import Fact, Frame, MalformedFrame, Secret, Snapshot
from hub.payloads import CameraHealth
from hub.streams import now_ms
from tests.bench.parts.camera_server import PASSWORD, USER
from tests.conformance.memory_outlet import MemoryOutlet


class BenchOutlet(MemoryOutlet):
    """Tells every change on standard output, and counts pictures."""

    pictures = 0
    told: tuple[str, str] = ("", "")

    def emit(
        self,
        *facts: Fact,
        frame: Frame | None = None,
        reply: bytes = b"",
        problems: Sequence[MalformedFrame] = (),
    ) -> Awaitable[bytes]:
        for fact in facts:
            health = fact.payload
            if isinstance(health, CameraHealth) and (health.state, health.reason) != self.told:
                self.told = health.state, health.reason
                at_s = fact.time_ms / 1000
                line = {"camera": self.device, "state": health.state, "reason": health.reason, "at": at_s}
                print(json.dumps(line), flush=True)
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        done.set_result(b"")
        return done

    def snapshot(self, snapshot: Snapshot) -> None:
        self.pictures += 1
        self.snapshots[:] = [snapshot]


def settings(number: int, asked: argparse.Namespace) -> RtspConfig:
    name = f"cam-{number:03d}"
    told = {
        "id": name,
        "site": "bench",
        "kind": "rtsp",
        "url": f"rtsp://127.0.0.1:{asked.port}/{name}",
        "allow": ["127.0.0.0/8"],
        "check_seconds": asked.check_seconds,
    }
    if asked.login:
        told |= {"username": USER, "password": Secret(PASSWORD + "!" * asked.wrong, "bench")}
    return RtspConfig.model_validate(told)


async def watch(asked: argparse.Namespace) -> None:
    configs = [settings(number, asked) for number in range(asked.cameras)]
    outlets = [BenchOutlet(device=config.id) for config in configs]
    monitor = Monitor(list(zip(configs, outlets, strict=True)))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    task = asyncio.create_task(monitor.run())
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
    standings = [monitor.fleet.standing(config.id).payload(now_ms()) for config in configs]
    print(
        json.dumps(
            {
                "pictures": sum(outlet.pictures for outlet in outlets),
                "fps": [each.fps for each in standings],
                "loss": max((each.loss or 0.0 for each in standings), default=0.0),
                "check_seconds": [each.check_seconds for each in standings],
                "faults": sorted({fault for each in standings for fault in each.faults}),
            }
        ),
        flush=True,
    )
    task.cancel()
    await asyncio.wait({task})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--check-seconds", type=float, default=10)
    parser.add_argument("--login", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="with a wrong password")
    uvloop.run(watch(parser.parse_args()))  # as an edge runs


if __name__ == "__main__":
    main()

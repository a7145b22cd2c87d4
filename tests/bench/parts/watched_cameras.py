"""Simulated cameras and a monitor of ours, each in processes of their own, and what the monitor tells."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from tests.bench.parts.machine import family
from tests.bench.parts.servers import started
from tests.bench.parts.verdict import BenchFailed

TOLD_SECONDS = 60.0


@dataclass
class Cameras:
    """``port`` of the server, in whose standard input faults are written."""

    port: int
    count: int
    process: Process

    async def fault(self, number: int, fault: str, **how: float | str) -> float:
        """When it began, Unix seconds."""
        asked = {"camera": f"cam-{number:03d}", "fault": fault, "how": how}
        return float((await _asked(self.process, asked))["at"])


@dataclass
class Watching:
    """``heard``: all that was told of each camera, oldest first: (state, reason, Unix seconds)."""

    process: Process
    heard: dict[str, list[tuple[str, str, float]]] = field(default_factory=dict)
    ended: dict[str, Any] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pids(self) -> list[int]:
        """The monitor, and its workers."""
        return family(self.process.pid)

    async def start(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()

    async def end(self) -> dict[str, Any]:
        """What came of it all."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self._until(lambda: bool(self.ended), "it ends")
        return self.ended

    async def online(self, count: int) -> list[float]:
        """When each of so many was on line for the first time, Unix seconds."""

        def first() -> list[float]:
            return [
                next(at for state, _, at in told if state == "ONLINE")
                for told in self.heard.values()
                if any(state == "ONLINE" for state, _, _ in told)
            ]

        await self._until(lambda: len(first()) >= count, f"{count} cameras are on line")
        return first()

    async def told(self, camera: str, reason: str, after: float) -> float:
        """When it was told to be away for that reason, Unix seconds."""

        def found() -> list[float]:
            return [at for _, why, at in self.heard.get(camera, ()) if why == reason and at >= after - 0.005]

        await self._until(lambda: bool(found()), f"{camera} is told as {reason}")
        return found()[0]

    async def hear(self) -> None:
        """Until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            told = json.loads(line)
            if "camera" in told:
                entry = told["state"], told["reason"], told["at"]
                self.heard.setdefault(told["camera"], []).append(entry)
            else:
                self.ended = told
            self._news.set()

    async def _until(self, condition: Any, what: str) -> None:
        try:
            async with asyncio.timeout(TOLD_SECONDS):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise BenchFailed(f"{what}: not within {TOLD_SECONDS:g} s") from None


@asynccontextmanager
async def cameras(folder: Path, plan: ClipPlan, count: int, *more: str) -> AsyncIterator[Cameras]:
    """All show ``plan``, which is kept in ``folder``."""
    await ClipStore(folder).make([plan])
    clip = json.dumps(asdict(plan))
    arguments = ("--cameras", str(count), "--clip", clip, "--folder", str(folder), *more)
    async with started("tests.bench.parts.camera_server", *arguments) as (process, line):
        yield Cameras(int(line), count, process)


@asynccontextmanager
async def watching(of: Cameras, count: int, check_seconds: float, *more: str) -> AsyncIterator[Watching]:
    """The first ``count`` of them; not started yet."""
    arguments = (
        "--port",
        str(of.port),
        "--cameras",
        str(count),
        "--check-seconds",
        str(check_seconds),
        *more,
    )
    async with started("tests.bench.parts.camera_monitor", *arguments) as (process, _):
        made = Watching(process)
        hearing = asyncio.create_task(made.hear())
        try:
            yield made
        finally:
            hearing.cancel()
            await asyncio.wait({hearing})


async def _asked(process: Process, told: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(told).encode() + b"\n")
    line = await process.stdout.readline()
    if not line:
        raise BenchFailed("the simulated cameras ended")
    answer: dict[str, Any] = json.loads(line)
    return answer

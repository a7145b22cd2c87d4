"""A store, a projector process of ours and a real time-series server, each of which may be killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.control import ControlClient, ControlUnavailable, serve_control
from hub.runtime.health_and_metrics import Observer
from hub.runtime.process_beside import ProcessBeside
from hub.runtime.projection_desk import ProjectionDesk
from hub.runtime.projector_beside import ProjectorBeside
from hub.runtime.projector_settings import ProjectorSettings
from storage.contract import Arrival, Batch
from storage.influx.settings import ProjectionSettings
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import From, reading
from tests.fire.patience import until_told
from tests.influx.servers import TimeSeriesServer, VictoriaMetrics

DEVICES = 50
STEP_MS = 10_000
BATCH = 2000
PATIENCE_SECONDS = 1800.0


@dataclass
class FedServer:
    """``written`` readings are in the store; ``rewinds``: of projectors that were killed."""

    store: SqliteStore
    reader: SqliteReader
    server: TimeSeriesServer
    settings: ProjectionSettings
    beside: ProcessBeside
    control: ControlClient
    written: int = 0
    rewinds: int = 0

    async def state(self) -> dict[str, Any]:
        """Of the projection; empty while the projector is away."""
        try:
            told = await self.control.call("projection.states")
        except ControlUnavailable:
            return {}
        found: dict[str, Any] = told["items"][0]
        return found

    async def until_points(self, points: int) -> None:
        """The server has just answered, and has taken so many since the projector's start."""

        async def taken() -> bool:
            return int((await self.state()).get("points", 0)) >= points

        await until_told(taken, f"the server took {points} points", PATIENCE_SECONDS)

    async def until_answered(self, number: int) -> None:
        async def answered() -> bool:
            return int((await self.state()).get("answered", 0)) >= number

        await until_told(answered, f"the log is answered up to {number}", PATIENCE_SECONDS)

    async def until_settled(self) -> None:
        """All that is in the store."""
        last = (await self.reader.figures()).last_number

        async def settled() -> bool:
            return int((await self.state()).get("number", 0)) >= last

        await until_told(settled, f"the projection is settled up to {last}", PATIENCE_SECONDS)

    async def kill_projector(self) -> None:
        """kill -9; it is started again by itself."""
        self.rewinds += int((await self.state()).get("rewinds", 0))
        os.kill(self.beside.child.pid, signal.SIGKILL)

    async def write(self, readings: int, first_ms: int) -> None:
        """Of all devices in turn, oldest first."""
        for begin in range(self.written, self.written + readings, BATCH):
            numbers = range(begin, min(begin + BATCH, self.written + readings))
            arrivals = await asyncio.to_thread(made, numbers, self.settings.name, first_ms)
            await self.store.write(Batch(self.store.term, arrivals, received_ms=first_ms))
        self.written += readings


def made(numbers: Sequence[int], site: str, first_ms: int) -> list[Arrival]:
    return [
        reading(
            (number % 997) / 7,
            From(f"fridge-{number % DEVICES:02}", site, seq=number + 1),
            ts=first_ms + number // DEVICES * STEP_MS,
        )
        for number in numbers
    ]


async def _note(by: str, action: str, name: str) -> None:
    """Nobody decides here."""


def settings_of(server: TimeSeriesServer, database: str) -> ProjectionSettings:
    """The projection is called like the database, and so is its site: a server of many tells them apart."""
    if isinstance(server, VictoriaMetrics):
        return ProjectionSettings(
            database, server.url, "v2", bucket=database, read="promql", health_seconds=2
        )
    return ProjectionSettings(
        database, server.url, "v1", database=database, read="influxql", health_seconds=2
    )


@asynccontextmanager
async def fed_server(
    folder: Path, server: TimeSeriesServer, settle_seconds: float = 30.0
) -> AsyncIterator[FedServer]:
    """The server is started, and stays so."""
    settings = settings_of(server, server.new_database())
    store, reader = SqliteStore(folder / "store.db"), SqliteReader(folder / "store.db")
    await store.open()
    await reader.open()
    hub = folder / "hub.sock"
    projector = ProjectorSettings(
        "soak", str(folder), None, None, str(folder / "p.sock"), str(hub), str(hub), "json", "warning",
        (settings,), settle_seconds,
    )  # fmt: skip
    beside = ProjectorBeside(projector)
    calls = ProjectionDesk(store, lambda: SqliteReader(folder / "store.db"), _note).calls()
    tasks = [
        asyncio.create_task(serve_control(hub, calls | Observer("hub", None, None).calls())),
        asyncio.create_task(beside.run()),
    ]
    try:
        await asyncio.wait(
            [*tasks, ready := asyncio.ensure_future(beside.ready.wait())], return_when="FIRST_COMPLETED"
        )
        assert ready.done(), "the projector did not start"
        yield FedServer(store, reader, server, settings, beside, ControlClient(folder / "p.sock"))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await reader.close()
        await store.close()

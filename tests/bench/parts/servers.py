"""The two servers of the lab bench and the load, each in processes of their own."""

import asyncio
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker
from hub.mqtt.connection import BrokerAddress
from hub.private_file import write_private
from tests.bench.parts.generator import Outcome
from tests.bench.parts.verdict import BenchFailed
from tests.ports import free_port

START_SECONDS = 30
STOP_SECONDS = 20
POLL_SECONDS = 0.01
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Server:
    """``processes``: all whose CPU counts; ``names``: control ids (specimens) that the database has."""

    port: int
    processes: tuple[int, ...]
    names: Callable[[], list[str]]
    stored: Callable[[], int]


@asynccontextmanager
async def ours(folder: Path, broker: "Broker | None" = None) -> AsyncIterator[Server]:
    """``epihub up``; with the embedded broker, or ``broker`` where a bench must stop it."""
    port, store = free_port(), folder / "data" / "store.db"
    config = folder / "epihub.toml"
    config.write_text(_config(folder, port, broker), encoding="utf-8")
    async with started("tests.bench.parts.node_alone", str(config)) as (process, first_line):
        await _listening(port)
        pids = (process.pid, *map(int, first_line.split()))
        names = _reader(store, "SELECT specimen FROM lab_result")
        stored = _reader(store, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'")
        yield Server(port, pids, names, lambda: int(stored()[0]))


@asynccontextmanager
async def obvious(folder: Path) -> AsyncIterator[Server]:
    """The obvious safe script beside the same broker with the same settings."""
    port, database = free_port(), folder / "obvious.db"
    async with running_broker(folder) as broker:
        arguments = ("--port", str(port), "--broker-port", str(broker.port), "--database", str(database))
        environment = {"BENCH_BUS_USER": broker.account.name, "BENCH_BUS_PASSWORD": broker.account.password}
        async with started("tests.bench.obvious_safe", *arguments, environment=environment) as (process, _):
            names = _reader(database, "SELECT control_id FROM result")
            count = _reader(database, "SELECT count(*) FROM result")
            yield Server(port, (process.pid, broker.pid), names, lambda: int(count()[0]))


@asynccontextmanager
async def keeps_nothing() -> AsyncIterator[Server]:
    """python-hl7's MLLP server, which parses and answers and stores nothing."""
    async with started("tests.bench.parts.keeps_nothing") as (process, first_line):
        yield Server(int(first_line), (process.pid,), list, lambda: 0)


class Broker:
    """The embedded broker under the bench's control: it can be away for a while."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.account = BusAccount("bench", secrets.token_urlsafe(16), ("epihub/v1/#",), ("epihub/v1/#",))
        self._server = EmbeddedBroker(folder, "127.0.0.1", self.port, (self.account,))
        self._running: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return self._server.pid or 0

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, self.account.name, self.account.password)

    async def start(self) -> None:
        self._running = asyncio.create_task(self._server.run(), name="broker")
        async with asyncio.timeout(START_SECONDS):
            await self._server.ready.wait()

    async def stop(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.wait({self._running})


@asynccontextmanager
async def running_broker(folder: Path) -> AsyncIterator[Broker]:
    broker = Broker(folder)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@asynccontextmanager
async def load(
    server: Server, prefix: str, count: int, connections: int, rate: float = 0.0, rows: int = 3
) -> AsyncIterator[Callable[[], "asyncio.Task[Outcome]"]]:
    """Senders that are connected and wait; calling what this gives starts them."""
    arguments = ["--port", str(server.port), "--prefix", prefix, "--count", str(count)]
    arguments += ["--connections", str(connections), "--rate", str(rate), "--rows", str(rows)]
    async with started("tests.bench.parts.generator", *arguments) as (process, _):

        async def run() -> Outcome:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"\n")
            line = await process.stdout.readline()
            if not line:
                raise BenchFailed("the load generator ended without a result")
            return Outcome(**json.loads(line))

        yield lambda: asyncio.create_task(run(), name="load")


async def until(reached: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Look at real processes until they are so far; raises BenchFailed after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            while not reached():  # noqa: ASYNC110 - the database of another process sends no event
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise BenchFailed(f"{what}: not within {seconds:g} s") from None


def _config(folder: Path, port: int, broker: Broker | None) -> str:
    if broker is None:
        bus = f"port = {free_port()}"
    else:
        write_private(folder / "bus-password", broker.account.password)
        url = f'url = "mqtt://127.0.0.1:{broker.port}"'
        bus = f'{url}\nusername = "bench"\npassword = {{ file = "bus-password" }}'
    return f"""
[hub]
name = "bench"
data_dir = "data"
[bus]
{bus}
[[site]]
id = "lab"
name = "Phòng xét nghiệm"
kind = "hospital"
district = "731"
[[device]]
id = "pcr-01"
kind = "hl7_mllp"
port = {port}
"""


def _reader(path: Path, sql: str) -> Callable[[], list[str]]:
    """Ask the database of a running process; the answer's first column."""
    opened: list[apsw.Connection] = []

    def ask() -> list[str]:
        if not opened:
            opened.append(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY))
            opened[0].set_busy_timeout(5000)
        return [str(row[0]) for row in opened[0].execute(sql)]

    return ask


async def _listening(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(POLL_SECONDS)
            else:
                writer.close()
                return


@asynccontextmanager
async def started(
    module: str, *arguments: str, environment: dict[str, str] | None = None, fed: bytes | None = None
) -> AsyncIterator[tuple[Process, bytes]]:
    """``python -m module`` and the line by which it says that it is ready; ended at the end.

    ``fed``: all that it gets by its standard input.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    if fed is not None:
        process.stdin.write(fed)
        process.stdin.close()
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise BenchFailed(f"{module} did not start")
        yield process, line
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def missing(expected: Sequence[str], found: Sequence[str]) -> str:
    """What is wrong with the names found, in words; empty when each is there exactly once."""
    lost = len(set(expected) - set(found))
    twice = len(found) - len(set(found))
    return f"{lost} lost, {twice} twice" if lost or twice else ""

"""epihub as real processes in a folder of its own: ``up``, or ``hub`` and ``edge``."""

import asyncio
import os
import secrets
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil

from hub.broker.server import binary
from hub.control import ControlClient, ControlUnavailable
from tests.fire.database import Database, PostgresDatabase, SqliteDatabase
from tests.fire.patience import PATIENCE_SECONDS, until, until_told
from tests.ports import free_ports
from tests.postgres.server import PostgresServer

Role = Literal["up", "edge", "hub"]
Layout = Literal["one machine", "two processes"]
LAYOUTS: tuple[Layout, ...] = ("one machine", "two processes")
EDGE = "edge-1"
DEVICE = "pcr-1"
EPIHUB = (sys.executable, "-c", "from hub.cli import main; main()")
LOG_TAIL_CHARACTERS = 2000
LINKS = ("bus", "partitions")  # components of health

_CONFIG = """\
[hub]
name = "fire"
data_dir = "data"
[edge]
id = "{edge}"
[api]
port = {api}
[bus]
port = {bus}
[log]
format = "json"
[[site]]
id = "bv-fire"
name = "Bệnh viện thử lửa"
kind = "hospital"
district = "731"
[[device]]
id = "{device}"
kind = "hl7_mllp"
port = {mllp}
profile = "generic"
"""
_STORE = """\
[store]
url = "{url}"
password = {{ file = "store.password" }}
"""


@dataclass
class Installation:
    """One data directory, one configuration; processes are started, killed and stopped by role.

    ``server``: of the database at ``store_url``; without one the store is SQLite in the data directory.
    ``listeners``: the ports of devices that dial; an edge answers once all of them are open.
    """

    folder: Path
    layout: Layout
    api_port: int = 0
    bus_port: int = 0
    mllp_port: int = 0
    edge_api_port: int = 0
    edge: str = EDGE
    server: PostgresServer | None = None
    store_url: str = ""
    listeners: list[int] = field(default_factory=list)
    processes: dict[Role, Process] = field(default_factory=dict)
    starts: int = 0

    @classmethod
    def make(cls, folder: Path, layout: Layout) -> "Installation":
        ports = free_ports(4)
        made = cls(folder, layout, ports[0], ports[1], ports[2], ports[3], listeners=[ports[2]])
        folder.mkdir(parents=True, exist_ok=True)
        made.config.write_text(
            _CONFIG.format(edge=EDGE, device=DEVICE, api=ports[0], bus=ports[1], mllp=ports[2]), "utf-8"
        )
        return made

    def add_device(self, settings: str, port: int) -> None:
        """A further device that dials ``port``; ``settings``: its part of the configuration."""
        with self.config.open("a", encoding="utf-8") as config:
            config.write(settings)
        self.listeners.append(port)

    async def keep_store_in(self, server: PostgresServer) -> None:
        """From now on the store is an empty schema of this server."""
        self.server = server
        self.store_url = await server.new_store(f"t{secrets.token_hex(6)}")
        password = self.folder / "store.password"
        password.touch(mode=0o600)
        password.write_text(server.password, "ascii")
        with self.config.open("a", encoding="utf-8") as config:
            config.write(_STORE.format(url=self.store_url))

    @property
    def database(self) -> Database:
        """The store as the oracle reads it."""
        if self.server:
            return PostgresDatabase(self.store_url, self.server.password)
        return SqliteDatabase(self.store)

    @property
    def config(self) -> Path:
        return self.folder / "epihub.toml"

    def config_of(self, role: Role) -> Path:
        """An edge in a process of its own has an API of its own; all else is the same."""
        if role != "edge":
            return self.config
        path = self.folder / "edge.toml"
        text = self.config.read_text("utf-8")
        path.write_text(
            text.replace(f"[api]\nport = {self.api_port}\n", f"[api]\nport = {self.edge_api_port}\n"), "utf-8"
        )
        return path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def store(self) -> Path:
        """The file, where it is SQLite."""
        return self.data / "store.db"

    @property
    def spool(self) -> Path:
        return self.data / "spool" / "spool.db"

    @property
    def roles(self) -> tuple[Role, ...]:
        return ("up",) if self.layout == "one machine" else ("hub", "edge")

    @property
    def edge_role(self) -> Role:
        return self.roles[-1]

    @property
    def hub_role(self) -> Role:
        return self.roles[0]

    async def start(self, *roles: Role, wrapper: Sequence[str] = ()) -> None:
        """Start these roles (all of them if none is named) and wait until each answers."""
        for role in roles or self.roles:
            self.processes[role] = await self._launch(role, wrapper)
            await until_told(lambda role=role: self._answers(role), f"epihub {role} answers")  # type: ignore[misc]

    async def kill(self, role: Role) -> None:
        """kill -9, and nothing that it had started may stay."""
        family = self.family(role)
        process = self.processes.pop(role)
        process.kill()
        await process.wait()
        await until(lambda: not any(lives(each.pid) for each in family), f"all children of {role} are gone")

    async def stop(self, role: Role, seconds: float = 30) -> int:
        """SIGTERM; gives the exit code, which must come within ``seconds``."""
        family = self.family(role)
        process = self.processes.pop(role)
        process.terminate()
        try:
            async with asyncio.timeout(seconds):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise AssertionError(
                f"epihub {role} did not end within {seconds:g} s: {self.last_words(role)}"
            ) from None
        await until(lambda: not any(lives(each.pid) for each in family), f"all children of {role} are gone")
        return code

    async def kill_broker(self) -> None:
        """kill -9 of the broker alone, once it is there."""
        os.kill(await self.broker_pid(), signal.SIGKILL)

    async def kill_hub_beside(self) -> int:
        """kill -9 of the hub alone, where it is a child of ``up``; gives the process that is gone."""
        pid = await self.child_pid("hub")
        os.kill(pid, signal.SIGKILL)
        return pid

    async def until_hub_is_another(self, than: int) -> None:
        """``up`` has started its hub again, and that one serves."""
        await self.until_child_is_another("hub", than)
        await self.until_connected()

    async def until_child_is_another(self, name: str, than: int) -> None:
        """It was started again; whether it serves yet is not asked."""

        async def another() -> bool:
            return await self.child_pid(name) != than

        await until_told(another, f"the {name} was started again")

    async def broker_pid(self) -> int:
        """The broker's process id, once there is a living one."""
        return await self.child_pid("broker")

    async def child_pid(self, name: str) -> int:
        """Of the api, the broker or the hub beside the edge, once there is a living one."""
        found = 0

        async def told() -> bool:
            nonlocal found
            try:
                found = int((await self.call(self.hub_role, "processes"))[name])
            except (ControlUnavailable, TimeoutError):
                return False
            return bool(found) and lives(found)

        await until_told(told, f"the {name} runs")
        return found

    async def component(self, name: str) -> dict[str, Any]:
        """Of the hub's health: ``state`` and ``reason``; both empty while it does not answer."""
        try:
            report = await self.call(self.hub_role, "health")
        except (ControlUnavailable, TimeoutError):
            return {"state": "", "reason": ""}
        found: dict[str, Any] = report["components"].get(name, {"state": "", "reason": ""})
        return found

    async def until_store(self, state: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The hub says this of its store; gives the reason."""
        found: dict[str, Any] = {}

        async def told() -> bool:
            found.update(await self.component("store"))
            return bool(found["state"] == state)

        await until_told(told, f"the hub says that its store is {state}: {found}", seconds)
        return str(found["reason"])

    async def until_api(self, seconds: float = 120) -> None:
        """It answers; a hub answers at its socket before its API does."""

        async def answers() -> bool:
            async with httpx.AsyncClient(timeout=30) as client:
                with suppress(httpx.TransportError):
                    return (await client.get(f"http://127.0.0.1:{self.api_port}/healthz")).is_success
            return False

        await until_told(answers, "the API answers", seconds)

    async def until_connected(self) -> None:
        """The edge has found the bus and the hub holds its partitions."""

        async def told() -> bool:
            try:
                reports = [await self.call(role, "health") for role in self.roles]
            except (ControlUnavailable, TimeoutError):
                return False
            parts = [
                part for report in reports for name, part in report["components"].items() if name in LINKS
            ]
            return len(parts) == len(LINKS) and all(part["state"] == "ok" for part in parts)

        await until_told(told, "edge and hub have found the bus")

    async def call(self, role: Role, name: str, **arguments: Any) -> dict[str, Any]:
        """A call on the role's local socket; raises ControlUnavailable."""
        async with asyncio.timeout(10):
            return await ControlClient(self.socket(role)).call(name, **arguments)

    def socket(self, role: Role) -> Path:
        """Where the role's process answers."""
        return self.data / ("edge.sock" if role == "edge" else "control.sock")

    async def dial_device(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the edge's listener."""
        return await asyncio.open_connection("127.0.0.1", self.mllp_port)

    def family(self, role: Role) -> list[psutil.Process]:
        """Everything that a role's process has started and that lives."""
        process = self.processes.get(role)
        pid = process.pid if process else None
        return psutil.Process(pid).children(recursive=True) if pid and psutil.pid_exists(pid) else []

    def log(self, role: Role) -> str:
        """All that the role wrote on standard error."""
        path = self.folder / f"{role}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def last_words(self, role: Role) -> str:
        """The end of it, for whoever asks why something failed."""
        return self.log(role)[-LOG_TAIL_CHARACTERS:]

    async def end(self) -> None:
        """Kill whatever is left; the data are nobody's when it returns."""
        family = [each for role in self.processes for each in self.family(role)]
        for role in list(self.processes):
            process = self.processes.pop(role)
            if process.returncode is None:
                process.kill()
            await process.wait()
        await until(lambda: not any(lives(each.pid) for each in family), "no child is left")

    async def hold_broker(self) -> None:
        """Kill the broker and let no new one start until ``release_broker``."""
        self._hold.touch()
        await self.kill_broker()

    def release_broker(self) -> None:
        self._hold.unlink()

    def freeze(self, role: Role) -> None:
        """SIGSTOP: the process keeps everything open and does nothing."""
        self.processes[role].send_signal(signal.SIGSTOP)

    def thaw(self, role: Role) -> None:
        self.processes[role].send_signal(signal.SIGCONT)

    @property
    def _hold(self) -> Path:
        return self.folder / "hold"

    def _environment(self) -> dict[str, str]:
        """The broker starts through a script of ours, so that a test can keep it from starting."""
        gate = self.folder / "broker"
        if not gate.exists():
            gate.write_text(f'#!/bin/sh\ntest -e "{self._hold}" && exit 1\nexec "{binary()}" "$@"\n', "utf-8")
            gate.chmod(0o700)
        return os.environ | {"EPIHUB_NATS_SERVER": str(gate)}

    async def _launch(self, role: Role, wrapper: Sequence[str]) -> Process:
        self.starts += 1
        command = (*wrapper, *EPIHUB, role, "--config", str(self.config_of(role)))
        return await launch(command, self.folder / f"{role}.log", self._environment())

    async def _answers(self, role: Role) -> bool:
        if self.processes[role].returncode is not None:
            raise AssertionError(f"epihub {role} ended by itself: {self.last_words(role)}")
        try:
            await self.call(role, "health")
            for port in self.listeners if role == self.edge_role else ():
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
        except (ControlUnavailable, ConnectionRefusedError, TimeoutError):
            return False
        return True


async def launch(command: Sequence[str], log: Path, environment: dict[str, str]) -> Process:
    """A process whose words go behind those that ``log`` has already."""
    with log.open("ab") as words:
        return await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=words, stderr=words, env=environment
        )


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""The brokers that the bus suite runs over, each as a real process."""

import asyncio
import hashlib
import os
import shutil
import signal
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, Process
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from hub.broker import acl
from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker, binary
from hub.errors import BusUnavailable
from hub.mqtt.connection import BrokerAddress, Incoming, connect
from tests.ports import free_port

DOCS = Path(__file__).parents[2] / "docs" / "bus.md"


class Engine(ABC):
    """A broker with accounts, on a free port."""

    survives_kill: bool  # keeps what it has acknowledged through kill -9
    says_no_by: Literal["suback", "silence", "hanging up"]  # to a forbidden subscription
    acknowledges_forbidden = True  # a forbidden publication
    retains_for_wildcards = True  # a subscription with a wildcard gets what is retained

    def __init__(self, folder: Path, accounts: Sequence[BusAccount]) -> None:
        self.folder = folder
        self.port = free_port()
        self.accounts = {account.name: account for account in accounts}

    def address(self, name: str) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, name, self.accounts[name].password)

    @abstractmethod
    async def start(self) -> None:
        """Return when clients may connect."""

    @abstractmethod
    async def stop(self) -> None:
        """End it in an orderly way."""

    @abstractmethod
    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""


class Nats(Engine):
    """The embedded broker, with an ack_wait that a test can wait for."""

    survives_kill = True
    says_no_by = "suback"

    async def start(self) -> None:
        self.broker = EmbeddedBroker(
            self.folder, "127.0.0.1", self.port, tuple(self.accounts.values()), ack_wait_seconds=1
        )
        self.running = asyncio.create_task(self.broker.run(), name="broker")
        ready = asyncio.create_task(self.broker.ready.wait())
        done, _ = await asyncio.wait({self.running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self.running in done:
            ready.cancel()
            self.running.result()

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait({self.running})

    async def kill(self) -> None:
        assert self.broker.pid is not None
        os.kill(self.broker.pid, signal.SIGKILL)
        with pytest.raises(BusUnavailable):
            await self.running


class Standalone(Engine):
    """A broker that is a foreground process of ours."""

    process: Process

    async def launch(self) -> None:
        """Start it without waiting."""
        self.folder.mkdir(exist_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            *self._command(), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )

    async def start(self) -> None:
        await self.launch()
        async with asyncio.timeout(60):
            while not await answers(self.address("hub")):
                assert self.process.returncode is None

    @abstractmethod
    def _command(self) -> list[str]:
        """Write its configuration and give the command that starts it."""

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


class OtherNats(Standalone):
    """A NATS server that is not epihub's own: its accounts are what ``epihub bus acl --for nats`` prints."""

    survives_kill = True
    says_no_by = "suback"
    name = "other"
    cluster = ""  # further lines of its configuration
    replicas = 1

    def _command(self) -> list[str]:
        accounts = list(self.accounts.values())
        passwords = [f'{acl.variable(each.name)} = "{each.password}"\n' for each in accounts]
        (self.folder / "epihub-passwords.conf").write_text("".join(passwords))
        config = self.folder / "nats-server.conf"
        config.write_text(
            f'server_name: {self.name}\nlisten: "127.0.0.1:-1"\ninclude epihub-passwords.conf\n'
            f'jetstream {{ store_dir: "{self.folder}", sync_interval: 100ms }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}", ack_wait: 10s, max_ack_pending: 10000, '
            f"stream_replicas: {self.replicas} }}\n{self.cluster}" + acl.nats(accounts)
        )
        return [str(binary()), "-c", str(config)]


class Mosquitto(Standalone):
    """Debian's mosquitto with the settings that docs/bus.md asks for."""

    survives_kill = False
    says_no_by = "silence"

    def _command(self) -> list[str]:
        self._configure()
        return [_mosquitto(), "-c", str(self.folder / "mosquitto.conf")]

    def _configure(self) -> None:
        (self.folder / "acl").write_text(acl.mosquitto(list(self.accounts.values())))
        passwords = self.folder / "passwords"
        passwords.write_text("".join(map(_password_line, self.accounts.values())))
        passwords.chmod(0o600)
        config = [
            documented_settings(),
            f"listener {self.port} 127.0.0.1",
            f"persistence_location {self.folder}/",
            f"password_file {passwords}",
            f"acl_file {self.folder / 'acl'}",
        ]
        if os.geteuid() == 0:
            config.append("user root")  # else it becomes user mosquitto, who may not write here
        (self.folder / "mosquitto.conf").write_text("\n".join(config) + "\n")


async def answers(address: BrokerAddress) -> bool:
    """Whether a broker lets us in there."""

    def nothing(_messages: list[Incoming]) -> None:
        """The probe subscribes to nothing."""

    try:
        connection = await connect(address, "ready", clean=True, on_messages=nothing)
    except BusUnavailable:
        return False
    await connection.close()
    return True


def documented_settings() -> str:
    """The block of docs/bus.md that operators are told to use."""
    return DOCS.read_text(encoding="utf-8").split("<!-- mosquitto.conf")[1].split("```\n")[1]


def engine(name: str, folder: Path, accounts: Sequence[BusAccount]) -> Engine:
    """The named engine; skips the test where mosquitto is absent, unless EPIHUB_REQUIRE asks for it."""
    if name == "nats":
        return Nats(folder, accounts)
    if name == "other nats":
        return OtherNats(folder, accounts)
    if not _mosquitto():
        missing = "mosquitto is neither on PATH nor in EPIHUB_MOSQUITTO"
        assert "mosquitto" not in os.environ.get("EPIHUB_REQUIRE", ""), missing
        pytest.skip(missing)
    return Mosquitto(folder, accounts)


def _mosquitto() -> str:
    # Debian puts daemons where the PATH of ordinary users does not look.
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    return os.environ.get("EPIHUB_MOSQUITTO") or shutil.which("mosquitto", path=path) or ""


def _password_line(account: BusAccount) -> str:
    """A line as mosquitto_passwd writes it: PBKDF2 with SHA-512, 101 rounds."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, 101)
    return f"{account.name}:$7$101${b64encode(salt).decode()}${b64encode(digest).decode()}\n"

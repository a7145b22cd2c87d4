"""Debian's RabbitMQ with its MQTT plugin, as foreground children: one for the session, a vhost for a test."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from hub.broker import child
from hub.broker.accounts import BusAccount
from hub.broker.acl import rabbitmq_topics
from hub.mqtt.connection import BrokerAddress
from tests.conformance.bus_engines import DOCS, Engine, answers
from tests.ports import free_port
from tools.debian import unpacked

VHOSTS = 40  # a test each; making one while it runs needs a command of several seconds
START_SECONDS = 50  # seconds on an idle machine; three times that where tests run side by side
STOP_SECONDS = 20


class RabbitServer:
    """One server with every account in every vhost; ``start`` again after ``kill`` finds its data."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        accounts: Sequence[BusAccount],
        queues: Callable[[BusAccount], str],
        vhosts: int,
    ) -> None:
        self.folder = folder
        self.accounts = tuple(accounts)
        self.queues = queues
        self.vhosts = vhosts
        self.port, self.epmd_port, self.node_port = free_port(), free_port(), free_port()
        self.free_vhosts = count()
        self._otp = root / "usr" / "lib" / "erlang"
        (self._programs,) = self._otp.glob("erts-*/bin")
        (self._home,) = (root / "usr" / "lib" / "rabbitmq" / "lib").glob("rabbitmq_server-*")
        self._epmd: Popen[bytes] | None = None
        self._server: Popen[bytes] | None = None
        self._configure()

    def start(self) -> None:
        """Does not wait; to be called by the main thread: the kernel ends children with the thread."""
        if self._epmd is None:  # without one of ours, Erlang would start a daemon that outlives us
            self._epmd = self._run("epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1")
        if self._server is None:
            self._server = self._run(
                *("erlexec", "-noinput", "-boot", "start_sasl", "+W", "w", "+sbwt", "none"),
                *("-s", "rabbit", "boot", "-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
                *("-syslog", "logger", "[]", "-syslog", "syslog_error_logger", "false"),
            )

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """kill -9 of the server; epmd forgets a node by itself."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()
        self._server = None

    def stop(self) -> None:
        """End both and wait for them."""
        for process in (self._server, self._epmd):
            if process is not None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self._server = self._epmd = None

    def _run(self, program: str, *arguments: str) -> Popen[bytes]:
        launcher = [sys.executable, "-I", "-S", str(Path(child.__file__)), str(os.getpid())]
        return Popen(
            [*launcher, str(self._programs / program), *arguments],
            env=self._environment(),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """Instead of Debian's scripts, which know no other place than /usr/lib and become user rabbitmq."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),  # Erlang's cookie
            "ROOTDIR": str(self._otp),
            "BINDIR": str(self._programs),
            "EMU": "beam",
            "PROGNAME": "erl",
            "ERL_LIBS": str(self._home / "plugins"),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_HOME": str(self._home),
            "RABBITMQ_NODENAME": f"epihub-{self.node_port}@localhost",
            "RABBITMQ_DIST_PORT": str(self.node_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PLUGINS_DIR": str(self._home / "plugins"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }

    def _configure(self) -> None:
        (self.folder / "enabled_plugins").write_text("[rabbitmq_mqtt].\n")
        definitions = self.folder / "definitions.json"
        definitions.write_text(json.dumps(self._definitions()))
        lines = [
            documented_settings(),
            f"mqtt.listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"load_definitions = {definitions}",
            "log.file = false",
            "log.console = false",
        ]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")

    def _definitions(self) -> dict[str, object]:
        vhosts = [f"v{number}" for number in range(self.vhosts)]
        pairs = [(vhost, account) for vhost in vhosts for account in self.accounts]
        return {
            "vhosts": [{"name": vhost} for vhost in vhosts],
            "users": [_user(account) for account in self.accounts],
            "permissions": [self._permissions(vhost, account) for vhost, account in pairs],
            "topic_permissions": [_topics(vhost, account) for vhost, account in pairs],
        }

    def _permissions(self, vhost: str, account: BusAccount) -> dict[str, str]:
        queues = self.queues(account)
        use = f"{queues}|^amq\\.topic$"
        return {"user": account.name, "vhost": vhost, "configure": queues, "write": use, "read": use}


class RabbitMq(Engine):
    """One vhost of the session's server; RabbitMQ takes it from the user name."""

    survives_kill = True
    says_no_by = "hanging up"
    acknowledges_forbidden = False
    retains_for_wildcards = False

    def __init__(self, server: RabbitServer, folder: Path) -> None:
        super().__init__(folder, server.accounts)
        self.server = server
        self.port = server.port
        self.vhost = f"v{next(server.free_vhosts)}"

    def address(self, name: str) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, f"{self.vhost}:{name}", self.accounts[name].password)

    async def start(self) -> None:
        self.server.start()
        async with asyncio.timeout(START_SECONDS):
            while not await answers(self.address("hub")):
                assert self.server.running
                await asyncio.sleep(0.1)  # nothing tells us when it listens

    async def stop(self) -> None:
        """The next test uses it too."""

    async def kill(self) -> None:
        self.server.kill()


@contextmanager
def rabbit_server(
    folder: Path,
    accounts: Sequence[BusAccount],
    queues: Callable[[BusAccount], str] = lambda _: ".*",
    vhosts: int = VHOSTS,
) -> Iterator[RabbitServer]:
    """A server, not started; skips the test where RabbitMQ is absent, unless EPIHUB_REQUIRE asks for it.

    ``queues`` gives each account's regular expression; all of them, for client ids that are not epihub's.
    """
    server = RabbitServer(_root(), folder, accounts, queues, vhosts)
    try:
        yield server
    finally:
        server.stop()


def documented_settings() -> str:
    """The block of docs/bus.md that operators are told to use."""
    return DOCS.read_text(encoding="utf-8").split("<!-- rabbitmq.conf")[1].split("```\n")[1]


def _root() -> Path:
    """Where RabbitMQ is unpacked; "/" where it is installed."""
    for root in (Path(os.environ.get("EPIHUB_RABBITMQ", unpacked("rabbitmq-server"))), Path("/")):
        if list((root / "usr" / "lib" / "rabbitmq" / "lib").glob("rabbitmq_server-*")):
            return root
    missing = "rabbitmq-server is neither unpacked (./dev test as root does that) nor installed"
    if "rabbitmq-server" in os.environ.get("EPIHUB_REQUIRE", ""):
        pytest.fail(missing)
    pytest.skip(missing)


def _user(account: BusAccount) -> dict[str, object]:
    """The password as rabbitmqctl hashes it: four bytes of salt, SHA-256."""
    salt = os.urandom(4)
    digest = hashlib.sha256(salt + account.password.encode()).digest()
    return {
        "name": account.name,
        "password_hash": b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _topics(vhost: str, account: BusAccount) -> dict[str, str]:
    write, read = rabbitmq_topics(account)
    return {"user": account.name, "vhost": vhost, "exchange": "amq.topic", "write": write, "read": read}

"""Hosts of our own: network namespaces round one router, whose lines can be taken down and blinded.

``edge-1`` and ``edge-2`` at hospitals, ``hub`` in the centre, ``wan`` between them. Nothing of it is seen
from outside; every name has the process id in it.
"""

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pytest

from tests.ports import free_ports

Host = Literal["edge-1", "edge-2", "hub", "wan"]
HOSTS: tuple[Host, ...] = ("edge-1", "edge-2", "hub")
NEEDED = "netns"  # as EPIHUB_REQUIRE names it
Address = tuple[str, int]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BUS_PORT, API_PORT, MLLP_PORT = 8883, 8080, 2575
_CLONE_NEWNET = 0x40000000  # <linux/sched.h>


class Hosts(Protocol):
    """Where the processes of a scene run and find each other."""

    @property
    def bus(self) -> Address:
        """Where the hub's broker listens."""

    @property
    def line(self) -> Address:
        """Where a proxy for edge-1 listens."""

    def api_port(self, host: Host) -> int: ...

    def mllp_port(self, host: Host) -> int: ...

    def inside(self, host: Host) -> tuple[str, ...]:
        """The beginning of a command that shall run on a host."""

    async def dial(self, host: Host, port: int) -> Stream:
        """A connection from this process to a port of a host's own loopback."""


@dataclass(frozen=True)
class Loopback:
    """All of them on this host, on ports that were free."""

    ports: tuple[int, ...]

    @classmethod
    def found(cls) -> "Loopback":
        return cls(tuple(free_ports(2 + 2 * len(HOSTS))))

    @property
    def bus(self) -> Address:
        return "127.0.0.1", self.ports[0]

    @property
    def line(self) -> Address:
        return "127.0.0.1", self.ports[1]

    def api_port(self, host: Host) -> int:
        return self.ports[2 + HOSTS.index(host)]

    def mllp_port(self, host: Host) -> int:
        return self.ports[2 + len(HOSTS) + HOSTS.index(host)]

    def inside(self, host: Host) -> tuple[str, ...]:
        return ()

    async def dial(self, host: Host, port: int) -> Stream:
        return await asyncio.open_connection("127.0.0.1", port, limit=65536)


@dataclass(frozen=True)
class Network:
    """``prefix`` makes the names of this network its own."""

    prefix: str

    @property
    def bus(self) -> Address:
        return self.address("hub"), BUS_PORT

    @property
    def line(self) -> Address:
        return self.gateway("edge-1"), BUS_PORT

    def api_port(self, host: Host) -> int:
        return API_PORT

    def mllp_port(self, host: Host) -> int:
        return MLLP_PORT

    def address(self, host: Host) -> str:
        """Of a host on its line to the wan."""
        return f"10.77.{HOSTS.index(host) + 1}.2"

    def gateway(self, host: Host) -> str:
        """Of the wan on the line to a host: where a proxy for it listens."""
        return f"10.77.{HOSTS.index(host) + 1}.1"

    def inside(self, host: Host) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self._name(host))

    def take_down(self, host: Host) -> None:
        """The cable is out: both ends see no carrier."""
        _run("ip", "-n", self._name("wan"), "link", "set", self._name(host), "down")

    def bring_up(self, host: Host) -> None:
        _run("ip", "-n", self._name("wan"), "link", "set", self._name(host), "up")

    def blind(self, host: Host) -> None:
        """Packets from and to a host vanish in the router, and nobody is told."""
        for selector in (("iif", self._name(host)), ("to", self.address(host))):
            _run("ip", "-n", self._name("wan"), "rule", "add", *selector, "blackhole")

    def see(self, host: Host) -> None:
        for selector in (("iif", self._name(host)), ("to", self.address(host))):
            _run("ip", "-n", self._name("wan"), "rule", "del", *selector, "blackhole")

    async def dial(self, host: Host, port: int) -> Stream:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:  # it dies there; the socket stays where it was made
            made = await loop.run_in_executor(thread, _socket_in, Path("/run/netns", self._name(host)))
        try:
            await loop.sock_connect(made, ("127.0.0.1", port))
        except BaseException:
            made.close()
            raise
        return await asyncio.open_connection(sock=made, limit=65536)

    def make(self) -> None:
        _run("ip", "netns", "add", self._name("wan"))
        _run(*self.inside("wan"), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for host in HOSTS:
            self._connect(host)

    def remove(self) -> None:
        for host in (*HOSTS, "wan"):
            subprocess.run(["ip", "netns", "del", self._name(host)], capture_output=True, check=False)

    def _connect(self, host: Host) -> None:
        name, wan = self._name(host), self._name("wan")
        _run("ip", "netns", "add", name)
        _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", name, "link", "add", "line", "type", "veth", "peer", "name", name, "netns", wan)
        _run("ip", "-n", name, "address", "add", f"{self.address(host)}/30", "dev", "line")
        _run("ip", "-n", wan, "address", "add", f"{self.gateway(host)}/30", "dev", name)
        _run("ip", "-n", name, "link", "set", "line", "up")
        _run("ip", "-n", wan, "link", "set", name, "up")
        _run("ip", "-n", name, "route", "add", "default", "via", self.gateway(host))

    def _name(self, host: Host) -> str:
        """At most 15 characters: it also names an interface."""
        return f"{self.prefix}{host.replace('edge-', 'e')}"


@contextmanager
def network() -> Iterator[Network]:
    """A network, removed behind the test; skips where none can be made, unless EPIHUB_REQUIRE asks for it."""
    made = Network(f"ep{os.getpid()}")
    missing = _missing()
    if missing and NEEDED in os.environ.get("EPIHUB_REQUIRE", "").split(","):
        pytest.fail(f"network namespaces are required here: {missing}")
    if missing:
        pytest.skip(f"no network namespaces: {missing}")
    try:
        made.make()
        yield made
    finally:
        made.remove()


def _missing() -> str:
    """Why there can be no namespaces; empty when there can be."""
    if not shutil.which("ip"):
        return "the command ip is absent (apt install iproute2)"
    probe = f"ep{os.getpid()}probe"
    tried = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if tried.returncode:
        return tried.stderr.strip() or "not allowed"
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return ""


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, f"{' '.join(command)}: {done.stderr.strip()}"


def _socket_in(namespace: Path) -> socket.socket:
    """A socket that belongs to a namespace; moves the calling thread there for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    with namespace.open("rb") as handle:
        if libc.setns(handle.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace.name}")
    made = socket.socket()
    made.setblocking(False)
    return made

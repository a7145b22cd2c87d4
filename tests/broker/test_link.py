"""``epihub hub`` and ``epihub edge`` apart: accounts and TLS on the link between them, as real processes."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.control import ControlClient, ControlUnavailable
from tests.broker.certificates import Authority
from tests.fire.patience import until, until_told
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # five processes

EPIHUB = (sys.executable, "-c", "from hub.cli.main import main; main()")
PASSWORDS = {"EPIHUB_EDGE_2": "geheim-der-edge-2", "EPIHUB_WRONG": "geheim-und-falsch"}
SITE = """
[log]
format = "json"
[[site]]
id = "bv-thong-nhat"
name = "Bệnh viện"
kind = "hospital"
district = "731"
"""
HUB = """
[hub]
name = "dong-nai"
data_dir = "data"
[edge]
id = "center"
[api]
port = {api}
[bus]
host = "0.0.0.0"
port = {port}
tls_cert_file = "{certificate}"
tls_key_file = "{key}"
[[bus.edge]]
id = "edge-2"
password = {{ env = "EPIHUB_EDGE_2" }}
"""
EDGE = """
[hub]
name = "dong-nai"
data_dir = "data"
[edge]
id = "edge-2"
[api]
port = {api}
[bus]
url = "mqtts://{host}:{port}"
username = "edge-2"
password = {{ env = "{password}" }}
ca_file = "{ca_file}"
"""


@dataclass
class Running:
    """One epihub in a folder of its own; ``log`` is all it has said."""

    folder: Path
    process: Process

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    async def state(self, component: str) -> str:
        """Of the edge's ``bus`` or the hub's ``partitions``; "" while it does not answer."""
        name = "edge.sock" if component == "bus" else "control.sock"
        try:
            report = await ControlClient(self.folder / "data" / name).call("health")
        except ControlUnavailable:
            assert self.process.returncode is None, self.log
            return ""
        return str(report["components"][component]["state"])

    async def until_ok(self, component: str) -> None:
        async def ok() -> bool:
            return await self.state(component) == "ok"

        await until_told(ok, f"{component} of {self.folder.name} is ok")


class Machines:
    """Starts epihubs and ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []

    async def start(self, role: str, name: str, config: str) -> Running:
        folder = self.folder / name
        folder.mkdir()
        (folder / "epihub.toml").write_text(config + SITE, "utf-8")
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *EPIHUB,
                role,
                "--config",
                str(folder / "epihub.toml"),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | PASSWORDS,
            )
        self.started.append(Running(folder, process))
        return self.started[-1]

    async def end(self) -> None:
        for each in self.started:
            if each.process.returncode is None:
                each.process.send_signal(signal.SIGTERM)
        for each in self.started:
            await each.process.wait()


@pytest.fixture
async def machines(tmp_path: Path) -> AsyncIterator[Machines]:
    machines = Machines(tmp_path)
    yield machines
    await machines.end()


async def test_tls_lets_in_the_edge_that_has_an_account_and_no_other(
    machines: Machines, tmp_path: Path
) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    tls, port = ours.issue(["localhost"]), free_port()
    hub = await machines.start(
        "hub", "hub", HUB.format(api=free_port(), port=port, certificate=tls.certificate, key=tls.key)
    )
    await hub.until_ok("partitions")
    good: dict[str, object] = {
        "host": "localhost",
        "port": port,
        "password": "EPIHUB_EDGE_2",
        "ca_file": ours.certificate,
    }
    changes: dict[str, dict[str, object]] = {
        "certificate is not trusted": {"ca_file": other.certificate},
        "certificate is for another host name": {"host": "127.0.0.1"},
        "user name or password": {"password": "EPIHUB_WRONG"},
    }
    refused = {
        reason: await machines.start("edge", f"edge-{n}", EDGE.format(api=free_port(), **(good | change)))
        for n, (reason, change) in enumerate(changes.items())
    }
    edge = await machines.start("edge", "edge", EDGE.format(api=free_port(), **good))

    await edge.until_ok("bus")
    for reason, stranger in refused.items():
        await until(lambda stranger=stranger, reason=reason: reason in stranger.log, reason)  # type: ignore[misc]
        assert await stranger.state("bus") != "ok"
    assert hub.process.returncode is None
    for each in machines.started:
        assert not any(password in each.log for password in PASSWORDS.values())

"""Edge and hub as real processes on hosts of their own, the line between them in TLS."""

import asyncio
import json
import secrets
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.control import ControlUnavailable
from tests.apart.certificates import write_certificate
from tests.apart.network import Address, Host, Hosts
from tests.fire.installation import EPIHUB, Installation, Role, launch

SMALLEST_QUOTA_MB = 16

_HUB = """\
[hub]
name = "apart"
data_dir = "data"
[edge]
id = "centre"
[api]
port = {api}
[bus]
host = "{address}"
port = {port}
tls_cert_file = "../hub.pem"
tls_key_file = "../hub.key"
[log]
format = "json"
[[site]]
id = "so-y-te"
name = "Sở Y tế"
kind = "office"
district = "731"
"""
_ACCOUNT = """\
[[bus.edge]]
id = "{edge}"
password = {{ file = "../{edge}.password" }}
"""
_EDGE = """\
[hub]
name = "apart"
data_dir = "data"
[edge]
id = "{edge}"
spool_quota_mb = {quota}
[api]
port = {api}
[bus]
url = "mqtts://{address}:{port}"
username = "{edge}"
password = {{ file = "../{edge}.password" }}
ca_file = "../hub.pem"
[log]
format = "json"
[[site]]
id = "bv-{edge}"
name = "Bệnh viện {edge}"
kind = "hospital"
district = "731"
[[device]]
id = "pcr-{edge}"
kind = "hl7_mllp"
port = {mllp}
profile = "generic"
"""


def write_hub(folder: Path, hosts: Hosts) -> None:
    """The hub's configuration, certificate and the edges' passwords below ``folder``."""
    edges: tuple[Host, ...] = ("edge-1", "edge-2")
    write_certificate(folder, sorted({hosts.bus[0], hosts.line[0]}))
    text = _HUB.format(address=hosts.bus[0], port=hosts.bus[1], api=hosts.api_port("hub"))
    for edge in edges:
        password = folder / f"{edge}.password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16), "ascii")
        text += _ACCOUNT.format(edge=edge)
    _write(folder / "hub", text)


@dataclass
class Apart(Installation):
    """One edge and the hub that it speaks to; two of them may share the hub's process."""

    hosts: Hosts = field(kw_only=True)
    host: Host = field(kw_only=True)
    program: tuple[str, ...] = field(default=EPIHUB, kw_only=True)

    @classmethod
    def of(
        cls,
        folder: Path,
        hosts: Hosts,
        host: Host,
        bus: Address,
        quota_mb: int,
        program: tuple[str, ...] = EPIHUB,
    ) -> "Apart":
        """``bus``: where this edge finds it."""
        api, port = hosts.api_port(host), hosts.mllp_port(host)
        text = _EDGE.format(edge=host, quota=quota_mb, api=api, address=bus[0], port=bus[1], mllp=port)
        _write(folder / host, text)
        return cls(
            folder, "two processes", edge=host, hosts=hosts, host=host, mllp_port=port, program=program
        )

    @property
    def store(self) -> Path:
        return self.folder / "hub" / "data" / "store.db"

    @property
    def spool(self) -> Path:
        return self.folder / self.host / "data" / "spool" / "spool.db"

    def home(self, role: Role) -> Path:
        return self.folder / (self.host if role == "edge" else role)

    def socket(self, role: Role) -> Path:
        return self.home(role) / "data" / ("edge.sock" if role == "edge" else "control.sock")

    async def dial_device(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self.hosts.dial(self.host, self.mllp_port)

    def accounts(self) -> dict[str, str]:
        """Passwords of the hub's own accounts on its broker."""
        told: dict[str, str] = json.loads(
            (self.home("hub") / "data" / "bus-accounts.json").read_text("utf-8")
        )
        return told

    async def state_of(self, role: Role, component: str) -> str:
        """ok, degraded or down, as the process says of itself; empty while it does not answer."""
        try:
            told = await self.call(role, "health")
        except ControlUnavailable:
            return ""
        return str(told["components"].get(component, {}).get("state", ""))

    async def _launch(self, role: Role, wrapper: Sequence[str]) -> Process:
        self.starts += 1
        inside = self.hosts.inside(self.host if role == "edge" else "hub")
        command = (*inside, *wrapper, *self.program, role, "--config", str(self.home(role) / "epihub.toml"))
        return await launch(command, self.home(role) / "log", self._environment())

    def log(self, role: Role) -> str:
        path = self.home(role) / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""


def _write(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "epihub.toml").write_text(text, "utf-8")

"""A real edge with one gate and its local socket, without a bus: what screens beside a gate live from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.qr_gates.gate_tcp import GateTcp, GateTcpConfig
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, Screen
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.streams.clock import now_ms
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background
from tests.ports import free_port

GATES = ("cong-chinh", "cong-sau", "cong-cap-cuu", "cong-ra", "cong-xe", "cong-kho")
READ = "cong-may-quet"


class SilentScanner(Adapter[DeviceConfig]):
    """A gate that says what the test says."""

    Config = DeviceConfig

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation()

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


@dataclass
class GateEdge(StandingEdge):
    """``port``: where ``READ`` waits for its scanner; the other gates say what the test says."""

    DEVICES = tuple({"id": gate, "kind": "gate_tcp"} for gate in (*GATES, READ))
    port: int = 0

    async def scan(self, *codes: bytes) -> None:
        """At the scanner of ``READ``, which goes again."""
        _, line = await asyncio.open_connection("127.0.0.1", self.port)
        for code in codes:
            line.write(code + b"\r\n")
            await line.drain()
        line.close()
        await line.wait_closed()

    async def shows(self, gate: str, decision: str, reason: str = "", **more: Any) -> None:
        """As the gate's adapter does when it has decided."""
        told: dict[str, Any] = {"initials": "NVA", "birth_year": 1985, "took_ms": 0.4} | more
        self.edge.outlets[gate].show(Screen(gate, now_ms(), decision, reason, **told))

    async def is_now(self, gate: str, state: Any, reason: str = "") -> None:
        self.edge.outlets[gate].health(state, reason)

    async def clock(self, gate: str, offset_seconds: float) -> None:
        self.edge.outlets[gate].clock(offset_seconds)


def scanner(port: int) -> GateTcpConfig:
    """A gate with its adapter, which listens for its scanner."""
    told = {"id": READ, "site": SITE, "kind": "gate_tcp", "direction": "in", "port": port}
    return GateTcpConfig.model_validate(told)


def adapter_class(config: DeviceConfig) -> type[Adapter[Any]]:
    return GateTcp if isinstance(config, GateTcpConfig) else SilentScanner


@asynccontextmanager
async def gate_edge(data_dir: Path) -> AsyncIterator[GateEdge]:
    keys, spool, nowhere = data_dir / "keys", data_dir / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
    made = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, nowhere)
    devices = tuple(DeviceConfig(id=gate, site=SITE, kind="gate_tcp") for gate in GATES)
    port = free_port()
    edge = Edge(made, (*devices, scanner(port)), adapter_class)
    async with standing(edge, data_dir) as socket, background(edge.adapters[READ].run()):
        there = GateEdge(edge, data_dir, socket, port)
        for gate in GATES:
            await there.is_now(gate, "ONLINE")
        yield there

"""A real edge with one gate and its local socket, without a bus: what screens beside a gate live from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, Screen
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.streams.clock import now_ms
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing

GATES = ("cong-chinh", "cong-sau", "cong-cap-cuu", "cong-ra", "cong-xe", "cong-kho")
GATE = GATES[0]


class SilentScanner(Adapter[DeviceConfig]):
    """A gate that says what the test says."""

    Config = DeviceConfig

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation()

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


class GateEdge(StandingEdge):
    DEVICES = tuple({"id": gate, "kind": "gate_tcp"} for gate in GATES)

    async def shows(self, gate: str, decision: str, reason: str = "", **more: Any) -> None:
        """As the gate's adapter does when it has decided."""
        told: dict[str, Any] = {"initials": "N.V.A.", "birth_year": 1985, "took_ms": 0.4} | more
        self.edge.outlets[gate].show(Screen(gate, now_ms(), decision, reason, **told))

    async def is_now(self, gate: str, state: Any, reason: str = "") -> None:
        self.edge.outlets[gate].health(state, reason)

    async def clock(self, gate: str, offset_seconds: float) -> None:
        self.edge.outlets[gate].clock(offset_seconds)


@asynccontextmanager
async def gate_edge(data_dir: Path) -> AsyncIterator[GateEdge]:
    keys, spool, nowhere = data_dir / "keys", data_dir / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
    made = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, nowhere)
    devices = tuple(DeviceConfig(id=gate, site=SITE, kind="gate_tcp") for gate in GATES)
    edge = Edge(made, devices, lambda _: SilentScanner)
    async with standing(edge, data_dir) as socket:
        there = GateEdge(edge, data_dir, socket)
        for gate in GATES:
            await there.is_now(gate, "ONLINE")
        yield there

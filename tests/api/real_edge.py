"""A real edge with its spool and its local socket, without a bus: what the API of an edge stands beside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.settings import ApiSettings
from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation, MalformedFrame
from hub.control import ControlClient, ControlUnavailable, Handler, serve_control
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Reading
from hub.runtime.ingest import ingest_call
from hub.runtime.local import edge_calls
from hub.runtime.observe import Observer

EDGE = "edge-7"
SITE = "bv-long-khanh"
CANARY = "NGUYỄN THỊ CANARY"
RAW = f"MSH|^~\\&|LAB\rPID|||075123456789||{CANARY}\x00\u202e\rOBX|1|ST\r".encode() + b"\xff\xfe"


class Thermometer(Adapter[DeviceConfig]):
    """Reads a number; ``mended`` makes sense of everything else."""

    Config = DeviceConfig
    mended = False

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        try:
            value = float(frame.raw)
        except ValueError:
            if not self.mended:
                return Interpretation((), (MalformedFrame(frame.raw, "hl7.no_test", "OBR-4"),))
            value = 4.5
        return Interpretation((Fact(Reading("temp", value, "Cel"), f"temp|{received_ms}", received_ms),))

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


@dataclass
class RealEdge:
    """``came`` is a message of the one device, as its line would bring it."""

    edge: Edge
    data_dir: Path
    socket: Path

    async def came(self, raw: bytes, origin: str = "10.1.2.3") -> None:
        adapter = self.edge.adapters["tu-lanh-01"]
        frame = Frame(raw, origin=origin)
        meaning = adapter.understand(frame, 1_795_330_000_000)
        await adapter.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)

    async def capture(self) -> str:
        """The newest entry's capture."""
        return (await self.edge.spool.quarantine())[0].capture

    @property
    def looks(self) -> Path:
        return self.data_dir / "audit" / "raw-looks.jsonl"

    def settings(self, **more: object) -> ApiSettings:
        told: dict[str, object] = {
            "data_dir": self.data_dir,
            "control_socket": self.socket,
            "keys_file": self.data_dir / "keys.json",
            "role": "edge",
            "edge": EDGE,
            "edge_socket": self.socket,
            "hub": "dong-nai",
            "sites": [{"id": SITE, "name": "Bệnh viện đa khoa khu vực Long Khánh", "kind": "hospital"}],
            "devices": [{"id": "tu-lanh-01", "site": SITE, "kind": "test"}],
            "console": False,
        }
        return ApiSettings(**(told | more))  # type: ignore[arg-type]


def calls_of(edge: Edge) -> dict[str, Handler]:
    """As the edge's process answers."""
    return Observer("edge", edge, None).calls() | edge_calls(edge) | {"ingest": ingest_call(edge)}


@asynccontextmanager
async def real_edge(data_dir: Path) -> AsyncIterator[RealEdge]:
    keys, spool, nowhere = data_dir / "keys", data_dir / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
    made = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, nowhere)
    device = DeviceConfig(id="tu-lanh-01", site=SITE, kind="test")
    edge = Edge(made, (device,), lambda _: Thermometer)
    await edge.open()
    socket = data_dir / "edge.sock"
    serving = asyncio.create_task(serve_control(socket, calls_of(edge)))
    try:
        await answers(socket)
        yield RealEdge(edge, data_dir, socket)
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await edge.spool.close()


async def answers(socket: Path) -> None:
    async with asyncio.timeout(5):
        while True:
            with suppress(ControlUnavailable):
                await ControlClient(socket).call("edge.status")
                return
            await asyncio.sleep(0)

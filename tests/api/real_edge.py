"""A real edge with its spool and its local socket, without a bus: what the API of an edge stands beside."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation, MalformedFrame
from hub.control import Handler
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Reading
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing

PROBE = "tu-lanh-01"
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


class RealEdge(StandingEdge):
    """``came`` is a message of the one device, as its line would bring it."""

    DEVICES = ({"id": PROBE, "kind": "test"},)

    async def came(self, raw: bytes, origin: str = "10.1.2.3") -> None:
        adapter = self.edge.adapters[PROBE]
        frame = Frame(raw, origin=origin)
        meaning = adapter.understand(frame, 1_795_330_000_000)
        await adapter.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)

    async def capture(self) -> str:
        """The newest entry's capture."""
        return (await self.edge.spool.quarantine())[0].capture


@asynccontextmanager
async def real_edge(data_dir: Path, more: Mapping[str, Handler] | None = None) -> AsyncIterator[RealEdge]:
    keys, spool, nowhere = data_dir / "keys", data_dir / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
    made = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, nowhere)
    device = DeviceConfig(id=PROBE, site=SITE, kind="test")
    edge = Edge(made, (device,), lambda _: Thermometer)
    async with standing(edge, data_dir, more) as socket:
        yield RealEdge(edge, data_dir, socket)

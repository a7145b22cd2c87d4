"""A real edge with two cameras and its local socket, without a bus; its cameras show what the test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, Snapshot
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.streams.clock import now_ms
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background

CAMERA, BLIND = "cam-cong", "cam-kin"
JPEG = b"\xff\xd8\xff\xe0 a face at the gate"
WALL = b"\xff\xd8\xff\xe0 too small for a face"


class CameraSettings(DeviceConfig):
    """As far as an edge looks at them."""

    snapshot: bool = True


class Camera(Adapter[CameraSettings]):
    """Sees what the test says."""

    Config = CameraSettings

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        raise NotImplementedError("a camera sends no messages")

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


@dataclass
class CameraEdge(StandingEdge):
    """``BLIND`` keeps no picture."""

    DEVICES = ({"id": CAMERA, "kind": "rtsp"}, {"id": BLIND, "kind": "rtsp"})

    def shows(self, camera: str = CAMERA, **more: Any) -> Snapshot:
        told: dict[str, Any] = {"at_ms": now_ms(), "jpeg": JPEG, "width": 640, "height": 360, "wall": WALL}
        taken = Snapshot(camera, **(told | more))
        self.edge.outlets[camera].snapshot(taken)
        return taken


@asynccontextmanager
async def camera_edge(data_dir: Path) -> AsyncIterator[CameraEdge]:
    keys, spool, nowhere = data_dir / "keys", data_dir / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
    made = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, nowhere)
    cameras = [(CAMERA, True), (BLIND, False)]
    devices = [CameraSettings(id=name, site=SITE, kind="rtsp", snapshot=kept) for name, kept in cameras]
    edge = Edge(made, tuple(devices), lambda _: Camera)
    async with standing(edge, data_dir) as socket, background(edge.pictures.run()):
        yield CameraEdge(edge, data_dir, socket)

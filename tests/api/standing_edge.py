"""An edge with its spool and its local socket, as the API of an edge finds it; no device is dialled."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from api.settings import ApiSettings
from hub.control import ControlClient, ControlUnavailable, Handler, serve_control
from hub.edge.edge import Edge
from hub.runtime.edge_socket import edge_calls
from hub.runtime.health_and_metrics import Observer
from hub.runtime.http_ingest import ingest_call
from tests.background import background

EDGE, SITE = "edge-7", "bv-long-khanh"


@dataclass
class StandingEdge:
    """``DEVICES``: as the API is told of them, without their site."""

    DEVICES: ClassVar[Sequence[dict[str, str]]] = ()
    edge: Edge
    data_dir: Path
    socket: Path

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
            "devices": [{"site": SITE, **device} for device in self.DEVICES],
            "console": False,
        }
        return ApiSettings(**(told | more))  # type: ignore[arg-type]


def calls_of(edge: Edge) -> dict[str, Handler]:
    """As the edge's process answers."""
    return Observer("edge", edge, None).calls() | edge_calls(edge) | {"ingest": ingest_call(edge)}


@asynccontextmanager
async def standing(
    edge: Edge, data_dir: Path, more: Mapping[str, Handler] | None = None
) -> AsyncIterator[Path]:
    """Opens ``edge`` and serves its socket, which it gives, until left; ``more``: calls of its own alarms."""
    await edge.open()
    socket = data_dir / "edge.sock"
    try:
        async with background(serve_control(socket, calls_of(edge) | dict(more or {}))):
            await _answers(socket)
            yield socket
    finally:
        await edge.spool.close()


async def _answers(socket: Path) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(ControlUnavailable):
                await ControlClient(socket).call("edge.status")
                return
            await asyncio.sleep(0)

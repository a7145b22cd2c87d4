"""An edge with one analyzer whose messages go on to a LIS; no bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from hub.contract import Frame
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.forward import Forward
from hub.edge.forward_lines import ForwardSettings
from hub.mqtt.connection import BrokerAddress
from hub.streams import now_ms
from tests.ports import free_port

NAME = "NGUYỄN^THỊ HOA BÍ MẬT"
LIS = "lis"


def message(number: int, control: str = "") -> bytes:
    """With a name, in UTF-8, and segments that end as analyzers end them."""
    return (
        f"MSH|^~\\&|PCR||LIS||20210805||ORU^R01|{control or f'C{number}'}|P|2.5.1\r"
        f"PID|1||{number}||{NAME}\r"
        f"OBR|1||S{number}|94500-6^SARS-CoV-2^LN\r"
        f"OBX|1|ST|94500-6^SARS-CoV-2^LN||NEGATIVE||||||F|||20210805120000\r"
    ).encode()


def settings(port: int, **changed: Any) -> ForwardSettings:
    given: dict[str, Any] = {
        "id": LIS, "device": "pcr-1", "to": f"mllp://127.0.0.1:{port}", "answer_seconds": 0.3,
        "retry_seconds": 0.02, "retry_longest_seconds": 0.05, "tries": 0,
    }  # fmt: skip
    return ForwardSettings(**(given | changed))


@asynccontextmanager
async def edge_with(folder: Path, *forwards: ForwardSettings, run: bool = True) -> AsyncIterator[Edge]:
    config = Hl7MllpConfig(id="pcr-1", site="lab", kind="hl7_mllp", port=free_port())
    made = EdgeSettings(
        "edge-1", "lab", "1", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 1),
        forwards=forwards,
    )  # fmt: skip
    edge = Edge(made, (config,), lambda _: Hl7Mllp)
    await edge.open()
    task = asyncio.create_task(edge.run()) if run else None
    try:
        yield edge
    finally:
        if task:
            task.cancel()
            await asyncio.wait({task})
        else:
            await edge.spool.close()


async def send(edge: Edge, raw: bytes) -> bytes:
    """As the analyzer's session does: gives the reply that is on disk."""
    adapter, outlet = edge.adapters["pcr-1"], edge.outlets["pcr-1"]
    control = raw.split(b"|")[9].decode()
    frame = Frame(raw, control, "127.0.0.1")
    meaning = adapter.understand(frame, now_ms())
    return await outlet.emit(*meaning.facts, frame=frame, reply=b"AA", problems=meaning.problems)


def the_forward(edge: Edge) -> Forward:
    return edge.forwards[LIS]

"""A gate at an edge without a bus, to be killed; its arguments: the edge's folder, the scanner's port."""

import asyncio
import sys
from pathlib import Path

from adapters.qr_gates.gate_tcp import GateTcp
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from tests.qr_gates.visitors import settings

HARD = {"anti_passback": {"mode": "hard"}}


async def main(folder: Path, port: int) -> None:
    nowhere = BrokerAddress("127.0.0.1", 1, "", "")
    told = EdgeSettings("edge-1", "khu-a", "test", folder / "spool.db", folder / "keys", nowhere)
    edge = Edge(told, (settings(port=port, rules=HARD),), lambda _: GateTcp)
    await edge.open()
    await edge.adapters["cong-1"].run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))

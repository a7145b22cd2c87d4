"""An edge with one analyzer: ``python -m tests.lab_analyzers.ordering_edge FOLDER PORT ORDER``.

It places an order on specimen S-1 under that number, "-": none, says so and serves until it is killed.
"""

import asyncio
import sys
from pathlib import Path

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from hub.contract import Order
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.spool import Placing
from hub.streams import now_ms


def edge_at(folder: Path, port: int) -> Edge:
    """An edge without a bus; its analyzer speaks HL7."""
    config = Hl7MllpConfig(id="m-1", site="lab", kind="hl7_mllp", port=port)
    made = EdgeSettings(
        "edge-1", "lab", "1", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 1)
    )
    return Edge(made, (config,), lambda _: Hl7Mllp)


async def place(edge: Edge, number: str) -> None:
    placing = Placing(Order(number, "S-1", ("94500-6",)), "lab", "", "test")
    assert not (await edge.spool.orders.place([placing], now_ms())).refused


async def main(folder: Path, port: int, number: str) -> None:
    edge = edge_at(folder, port)
    await edge.open()
    if number != "-":
        await place(edge, number)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await edge.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))

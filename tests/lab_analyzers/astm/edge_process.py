"""The adapter on a real spool, to be killed; its arguments are the spool's path and the port."""

import asyncio
import sys
from pathlib import Path

from hub.edge.encoder import Origin
from hub.edge.outlet import DeviceOutlet
from hub.metrics import Histogram
from hub.spool import Spool
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.lab_analyzers.astm.device import adapter
from tests.spool.parts import opened

DEVICE = "xpert-1"


def outlet_on(spool: Spool) -> DeviceOutlet:
    keys, origin = MemoryPseudonyms(), Origin("bv", "edge-1", DEVICE)
    return DeviceOutlet(spool, keys, origin, "astm_tcp", lambda *_: None, lambda _: None, Histogram())


async def main(path: Path, port: int) -> None:
    async with opened(path) as spool:
        await adapter(outlet_on(spool), port=port).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))

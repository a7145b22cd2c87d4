"""A process that runs the adapter with a store in memory: ``python -m tests.lab_analyzers.listener PORT``."""

import asyncio
import sys

from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import adapter, connect


async def main(port: int) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(adapter(MemoryOutlet(), port=port).run(), name="adapter")
        _, writer = await connect(port)
        writer.close()
        sys.stdout.write("listening\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

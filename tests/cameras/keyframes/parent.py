"""A process with a worker, whose id it prints; then it waits to be killed."""

import asyncio
import sys

from adapters.cameras.keyframes.workers import KeyframeWorkers
from tests.cameras.keyframes.encoded import good


async def main() -> None:
    workers = KeyframeWorkers()
    await workers.look(good())
    sys.stdout.write(f"{workers.pids[0]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main())

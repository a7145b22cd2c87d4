"""Fill a small file system with a spool until it refuses, make room, go on. Run by test_commit."""

import asyncio
import sys
from pathlib import Path

from hub.errors import SpoolFull
from hub.spool import SpoolLimits
from tests.spool.parts import capture, event, every_row, opened


async def fill(folder: Path) -> None:
    """``folder``: a file system that holds some hundred events."""
    ballast = folder / "ballast"
    await asyncio.to_thread(ballast.write_bytes, bytes(1024 * 1024))
    async with opened(folder / "spool.db", limits=SpoolLimits(disk_floor_bytes=0)) as spool:
        number = 0
        refused = False
        while not refused:
            number += 1
            try:
                await spool.commit([event(number)], capture(bytes(5000)))
            except SpoolFull:
                refused = True
        sys.stdout.write("refused\n")
        await asyncio.to_thread(ballast.unlink)
        await spool.commit([event(number)])
        assert [row.seq for row in await every_row(spool)] == list(range(1, number + 1))
        sys.stdout.write("recovered\n")


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))

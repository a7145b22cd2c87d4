"""A serial line without hardware: a pair of pseudo terminals that socat holds."""

import asyncio
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

PLUGGED_SECONDS = 10.0
HAS_SOCAT = shutil.which("socat") is not None


def hub_end(folder: Path) -> Path:
    """Where the hub finds the line, while it is plugged."""
    return folder / "tty-hub"


@asynccontextmanager
async def cable(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The machine's end and ``hub_end``, until the cable is pulled."""
    ends = (str(folder / "tty-machine"), str(hub_end(folder)))
    socat = await asyncio.create_subprocess_exec(
        "socat", "-d", "-d", *(f"pty,raw,echo=0,link={end}" for end in ends), stderr=PIPE
    )
    try:
        assert socat.stderr is not None
        async with asyncio.timeout(PLUGGED_SECONDS):
            await socat.stderr.readuntil(b"starting data transfer loop")
        yield ends
    finally:
        with suppress(ProcessLookupError):
            socat.terminate()
        await socat.wait()

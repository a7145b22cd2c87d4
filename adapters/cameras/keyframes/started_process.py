"""A process of ours that reads bytes of cameras: started confined, spoken to by pipes, killed."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

from adapters.cameras.keyframes.looks import WorkerLost
from adapters.cameras.keyframes.pipe_messages import LENGTH, READY

# Libraries start a thread a core and an arena of memory a thread unless they are told not to.
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
# Frames are let go of at once: given back to the system, each would be made of new pages, for 0.6 ms at 720p.
_KEEP_PAGES = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}


async def started(module: str, memory_mb: int, seconds: float) -> Process:
    """``python -m module PARENT MEMORY_MB``, when it has said that it is ready; raises WorkerLost."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, str(os.getpid()), str(memory_mb)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment(),
        start_new_session=True,
    )
    is_ready = False
    try:
        async with asyncio.timeout(seconds):
            is_ready = await received(process, len(READY)) == READY
    except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        raise WorkerLost("not_started") from error
    finally:
        if not is_ready:
            await killed(process)
    if not is_ready:
        raise WorkerLost("not_started")
    return process


async def put(process: Process, message: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(message)
    await process.stdin.drain()


async def received(process: Process, most: int) -> bytes:
    """One message; raises IncompleteReadError: it ended, ValueError: more than ``most`` bytes."""
    assert process.stdout is not None
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    if length > most:
        raise ValueError("a message of more bytes than any has")
    return await process.stdout.readexactly(length)


async def killed(process: Process) -> None:
    """And reaped."""
    if process.returncode is None:
        process.kill()
    await process.wait()


def environment() -> dict[str, str]:
    """Where Python is, and nothing else: passwords stand in environments."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LD_LIBRARY_PATH")}
    python = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    return kept | python | _ALONE | _KEEP_PAGES

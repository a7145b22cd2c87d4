"""What work costs, counted instead of timed: calls of Python and C functions, and bytes of memory."""

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType

from tests.fuzz.parts.target import Found, Target, require

SMALL_BYTES = 1_500
TIMES = 10
MOST_GROWTH = 12.0  # ten times the input: twelve times the calls
MOST_CALLS_A_BYTE = 60
MOST_CPU_SECONDS = 1.0
CALLS_OF_ANY = 20_000  # building a reader, first uses of caches
MOST_HELD, MOST_AT_ONCE = 1.5, 2.5  # times the cap: between two reads; while a message is handed over
CHUNK_BYTES = 64 * 1024


def calls(work: Callable[[], object]) -> int:
    """How many functions ``work`` calls, those written in C included."""
    count = 0

    def counted(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def require_soon(work: Callable[[], object], what: str) -> None:
    """Within a second of this thread's CPU; it may take longer twice, for what else a machine does.

    For what no call tells: a regular expression or a copy whose work grows with the square of its input.
    """
    for _ in range(3):
        began = time.thread_time()
        work()
        if time.thread_time() - began < MOST_CPU_SECONDS:
            return
    raise Found(f"{what}: over {MOST_CPU_SECONDS:g} s of CPU")


def held_bytes(steps: Iterable[object]) -> tuple[int, int]:
    """The most memory that is held between two steps, and the most at all."""
    tracemalloc.start()
    try:
        held = max(tracemalloc.get_traced_memory()[0] for _ in steps)
        return held, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def require_even_growth(target: Target, shape: str) -> None:
    """Ten times as much input makes about ten times as much work."""
    grow = target.grows[shape]
    for size in (SMALL_BYTES, 2 * TIMES * SMALL_BYTES):  # and caches are filled by it
        data = grow(size)
        require_soon(partial(target.work, data), f"{shape}: {len(data)} bytes")
    small = calls(lambda: target.work(grow(SMALL_BYTES)))
    large = calls(lambda: target.work(grow(TIMES * SMALL_BYTES)))
    require(
        large <= MOST_GROWTH * small + 200,
        f"{shape}: {small} calls for {SMALL_BYTES} bytes, {large} for {TIMES} times as many",
    )


def require_few_calls(target: Target, data: bytes) -> None:
    """Any input: calls in proportion to its bytes."""
    found = calls(lambda: target.work(data))
    require(found <= CALLS_OF_ANY + MOST_CALLS_A_BYTE * len(data), f"{found} calls for {len(data)} bytes")


def require_bounded_memory(target: Target, shape: str, cap: int = 1024 * 1024) -> None:
    """Four times the cap, fed to one connection: less than twice the cap is held, with one copy beside."""
    held, peak = held_bytes(target.endless[shape](4 * cap, cap))
    told = f"{shape}: {held} bytes held, {peak} at once, under a cap of {cap}"
    require(held <= MOST_HELD * cap and peak <= MOST_AT_ONCE * cap, told)

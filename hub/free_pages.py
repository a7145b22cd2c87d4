"""Memory that a start needed and nobody needs any more goes back to the machine."""

import ctypes
import gc
from contextlib import suppress

M_ARENA_MAX = -8  # mallopt(3): threads share one heap, whose free pages are the others'


def return_free_pages() -> None:
    """Some megabytes of each process, behind its start. Only glibc has it (malloc_trim(3))."""
    gc.collect()
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, 1)
        libc.malloc_trim(0)

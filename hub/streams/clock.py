"""The receive time of bytes."""

from time import time_ns


def now_ms() -> int:
    """Unix milliseconds, UTC."""
    return time_ns() // 1_000_000

"""What time it is, for stamps; durations are measured with the event loop's own clock."""

from time import time_ns


def now_ms() -> int:
    """Unix milliseconds, UTC."""
    return time_ns() // 1_000_000

"""When bytes of one way may go on, and in which pieces. Pure: clock and chance are handed in."""

from collections.abc import Callable

from hub.chaos.faults import Faults

PIECES_A_SECOND = 20  # of a throttled line, so that it trickles
Draw = Callable[[], float]
"""A random number from 0 up to 1."""


class Timing:
    """One way of one line. ``now`` is any clock in seconds that never goes back."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._newest = 0.0
        self._free = 0.0

    def arrival(self, now: float, faults: Faults) -> float:
        """When bytes that were read at ``now`` come out; never before what was read earlier."""
        delay_ms = faults.latency_ms + faults.jitter_ms * self._draw()
        self._newest = max(self._newest, now + delay_ms / 1000)
        return self._newest

    def piece(self, left: int, faults: Faults) -> int:
        """How many of ``left`` bytes are written at once: at least one."""
        size = left
        if faults.slice_bytes:
            size = min(size, 1 + int(self._draw() * faults.slice_bytes))
        if faults.rate_bytes:
            size = min(size, max(1, faults.rate_bytes // PIECES_A_SECOND))
        return size

    def free(self, now: float, size: int, faults: Faults) -> float:
        """When the line has carried ``size`` bytes more; the same bytes must not be asked for twice."""
        if not faults.rate_bytes:
            return now
        self._free = max(self._free, now) + size / faults.rate_bytes
        return self._free

    def forget(self) -> None:
        """The faults changed: what the old rate had promised no longer holds."""
        self._free = self._newest = 0.0

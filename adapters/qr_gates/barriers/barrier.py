"""The contract of a gate's barrier; ``gate_barrier`` makes the one that the settings name."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from hub.errors import DeviceUnavailable

Passed = Callable[[int, str], Awaitable[object]]
"""Told of each passage: when (Unix ms), and what the sensor calls it ("": nothing). Returns once it is on
disk; one that raises NotCommitted is told again."""


class BarrierFault(DeviceUnavailable):
    """It did not do it, or nobody knows; the text is a code of ours: relay.no_answer, relay.http_500 …"""


class Barrier(Protocol):
    """One gate's relay and passage sensor. A fire release never depends on it: it is wired."""

    @property
    def confirms(self) -> bool:
        """Whether a sensor tells of passages; without one a passage is inferred from the decision."""
        ...

    async def open(self) -> None:
        """Let one person pass: a pulse, longer when it is asked for again. Returns when the relay has it.

        Raises BarrierFault; then it may have opened, and is closed as soon as it can be reached.
        """
        ...

    async def run(self, passed: Passed) -> None:
        """Close it, end each pulse, hear the sensor; when cancelled leave the relay as ``fail`` says."""
        ...

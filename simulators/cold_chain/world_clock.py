"""The clock of the simulated world: it begins in the past, runs faster, and never overtakes the real one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

MARGIN_MS = 1_000  # the clock of the hub's machine may be a little behind ours


def _real_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class WorldClock:
    """``speed``: times the real time; 0: as fast as what is sent is taken. ``end_ms`` None: without end."""

    start_ms: int
    speed: float
    end_ms: int | None = None
    real_ms: Callable[[], int] = _real_ms
    _began_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self._began_ms = self.real_ms()

    def latest_ms(self) -> int:
        """No reading may be later."""
        return self.real_ms() - MARGIN_MS

    def world_ms(self) -> int:
        """How far the world has come."""
        latest = self.latest_ms()
        if self.speed:
            passed_ms = (self.real_ms() - self._began_ms) * self.speed
            latest = min(latest, self.start_ms + int(passed_ms))
        return latest if self.end_ms is None else min(latest, self.end_ms)

    @property
    def over(self) -> bool:
        """Whether the world has reached its end."""
        return self.end_ms is not None and self.world_ms() >= self.end_ms

    @property
    def live(self) -> bool:
        """Whether it has caught up with the real time."""
        return self.world_ms() >= self.latest_ms()

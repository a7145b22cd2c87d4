"""When a message is tried again, and when a whole destination is left alone. Pure but for chance."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Chance = Callable[[float, float], float]

# From 5 s over 5 min to 1 h: a receiver that restarts is back soon, one that is repaired needs a day.
DELAYS_S = (5.0, 30.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)
LONGEST_WAIT_MS = 72 * 3_600_000
FAILURES_TO_OPEN = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0


def delay_ms(attempts: int, retry_after_s: float | None = None, chance: Chance = random.uniform) -> int:
    """After so many failed attempts (1 or more), with jitter; what a receiver asks for counts up to 1 h."""
    longest = DELAYS_S[min(attempts, len(DELAYS_S)) - 1]
    asked = min(retry_after_s or 0.0, DELAYS_S[-1])
    return round(1000 * max(asked, chance(0.5, 1.0) * longest))


@dataclass(slots=True)
class Breaker:
    """Open once a destination failed five times in a row: then one message at a time, after a pause.

    Whatever is not taken counts, refusals too: a receiver whose address or key is wrong must not turn all
    that waits into dead letters.
    """

    chance: Chance = random.uniform
    failures: int = 0
    closed_until_ms: int = 0  # of an open one: nothing is sent before

    @property
    def open(self) -> bool:
        return self.failures >= FAILURES_TO_OPEN

    def slots(self, now_ms: int, at_once: int, in_flight: int) -> int:
        """How many more may be sent now."""
        if not self.open:
            return max(0, at_once - in_flight)
        return 1 if in_flight == 0 and now_ms >= self.closed_until_ms else 0

    def failed(self, now_ms: int) -> None:
        self.failures += 1
        if self.open:
            doublings = min(self.failures - FAILURES_TO_OPEN, 16)
            longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**doublings)
            self.closed_until_ms = now_ms + round(1000 * self.chance(0.5, 1.0) * longest)

    def taken(self) -> bool:
        """The receiver is there; whether it was away."""
        was_open, self.failures, self.closed_until_ms = self.open, 0, 0
        return was_open

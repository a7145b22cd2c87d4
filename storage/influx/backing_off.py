"""How long to leave a server alone that did not take what it was sent. Pure but for chance."""

import random
from collections.abc import Callable

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
# Whoever must give us a password or make a database needs minutes; a server that refuses need not hear more.
REFUSED_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0


class BackingOff:
    """Pauses double from 1 s to 60 s, each with jitter, so that not all come back at once."""

    def __init__(self, chance: Callable[[float, float], float] = random.uniform) -> None:
        self._chance = chance
        self._failures = 0

    def away(self) -> float:
        """Nobody answers, or with an error of its own."""
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return self._chance(0.5, 1.0) * longest

    def busy(self, retry_after_seconds: float | None) -> float:
        """It asked for patience: as long as it says, five minutes at most."""
        if retry_after_seconds is None:
            return self.away()
        self._failures += 1
        return min(LONGEST_RETRY_AFTER_SECONDS, max(FIRST_SECONDS, retry_after_seconds)) + self._chance(0, 1)

    def refused(self) -> float:
        """It will not let us in."""
        return REFUSED_SECONDS * self._chance(0.9, 1.1)

    def taken(self) -> None:
        """It took something: the past is forgotten."""
        self._failures = 0

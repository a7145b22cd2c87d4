"""How often a camera came back within the last hour, and whether that is flapping."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

HOUR_MS: Final = 3_600_000
# Frigate's limit of "unusable" (frigate/stats/util.py): more than ten reconnects an hour. The end is ours.
FLAPS_ABOVE: Final = 10
CALM_AT: Final = 5
MOST: Final = 3600  # remembered: one a second


@dataclass(slots=True)
class Reconnects:
    """``flaps`` follows from the times alone, whenever it is asked."""

    flaps: bool = False
    _times: deque[int] = field(default_factory=lambda: deque(maxlen=MOST))

    def came_back(self, at_ms: int) -> None:
        self.advance(at_ms)
        self._times.append(at_ms)
        self.flaps = self.flaps or len(self._times) > FLAPS_ABOVE

    def advance(self, at_ms: int) -> None:
        """It is now ``at_ms``: what is an hour old is forgotten."""
        while self._times and self._times[0] <= at_ms - HOUR_MS:
            self._times.popleft()
        self.flaps = self.flaps and len(self._times) > CALM_AT

    def count(self, at_ms: int) -> int:
        return sum(at > at_ms - HOUR_MS for at in self._times)

    @property
    def due_ms(self) -> int | None:
        """When it is calm again if nothing more happens."""
        return self._times[-1 - CALM_AT] + HOUR_MS if self.flaps else None

"""Rates that move slowly, and conditions that must last: what faults of a stream are made of."""

from dataclasses import dataclass
from math import exp
from typing import Final

# What is usual is known after a minute, and follows slowly what changes for good.
LEARNT_AFTER_S: Final = 60.0
_FOLLOWS_IN_S: Final = 600.0


@dataclass(slots=True)
class Smoothed:
    """A rate, exponentially smoothed over unequal steps; None: nothing measured yet."""

    value: float | None = None

    def add(self, rate: float, seconds: float, tau_s: float) -> None:
        if self.value is None:
            self.value = rate
        else:
            self.value += (1 - exp(-seconds / tau_s)) * (rate - self.value)


@dataclass(slots=True)
class Usual:
    """The mean of a rate: of all that was seen at first, of the last ten minutes later."""

    value: float = 0.0
    seen_s: float = 0.0

    def add(self, rate: float, seconds: float) -> None:
        self.seen_s += seconds
        weight = max(seconds / self.seen_s, 1 - exp(-seconds / _FOLLOWS_IN_S))
        self.value += weight * (rate - self.value)

    @property
    def is_learnt(self) -> bool:
        return self.seen_s >= LEARNT_AFTER_S and self.value > 0


@dataclass(slots=True)
class Lasting:
    """Stands once something was bad for ``raise_ms`` on end, until it was good for ``clear_ms`` on end."""

    raise_ms: int
    clear_ms: int
    stands: bool = False
    _since_ms: int | None = None

    def judge(self, *, bad: bool, good: bool, at_ms: int) -> None:
        turning = good if self.stands else bad
        if not turning:
            self._since_ms = None
            return
        since_ms = self._since_ms = at_ms if self._since_ms is None else self._since_ms
        if at_ms - since_ms >= (self.clear_ms if self.stands else self.raise_ms):
            self.stands, self._since_ms = not self.stands, None

    def begin_anew(self) -> None:
        self._since_ms = None

    def drop(self) -> None:
        self.stands, self._since_ms = False, None

"""How often one may ask: a bucket of tokens for each key or user, and for each address without either.

Devices are never turned away here: what they hold is lost to nobody only once it is taken. Their bodies are
bounded by size, and a device that floods is the edge's to slow.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api.access import Identity
from api.attempts import too_many


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, and so many at once."""

    a_second: float
    at_once: float


OF_SOMEBODY = Rate(100.0, 1000.0)
OF_AN_ADDRESS = Rate(20.0, 200.0)
_MOST = 10_000


class Rates:
    """In memory; the bucket that was asked longest ago goes first, and is full when it comes again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: Identity | None, address: str) -> None:
        """Raises Problem 429; the first try without keys and devices are not counted."""
        if who is not None and (who.local or who.role == "device"):
            return
        name, rate = (f"id {who.id}", OF_SOMEBODY) if who else (f"at {address}", OF_AN_ADDRESS)
        now = self._clock()
        tokens, since = self._buckets.get(name, (rate.at_once, now))
        tokens = min(rate.at_once, tokens + (now - since) * rate.a_second)
        if tokens < 1.0:
            raise too_many((1.0 - tokens) / rate.a_second)
        self._buckets[name] = tokens - 1.0, now
        self._buckets.move_to_end(name)
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)

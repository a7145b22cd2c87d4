"""Samples of the hub's figures on their way: nothing else keeps them, so few are kept. Pure."""

from collections import deque
from collections.abc import Sequence

from storage.influx.measurements.hub import HubSample

# Eight hours at one in 15 s; a sample holds some dozen figures.
MOST_SAMPLES = 2000
MOST_AT_ONCE = 20


class HubSamples:
    """``dropped`` counts the oldest ones, which made room."""

    def __init__(self, most: int = MOST_SAMPLES) -> None:
        self.most = most
        self.dropped = 0
        self._waiting: deque[HubSample] = deque()
        self._answered: deque[tuple[float, HubSample]] = deque()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._answered)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def add(self, sample: HubSample) -> None:
        """The newest."""
        self._waiting.append(sample)
        while len(self) > self.most:
            self.dropped += 1
            if self._waiting and not self._answered:
                self._waiting.popleft()
            else:
                self._answered.popleft()

    def next(self) -> Sequence[HubSample]:
        """The oldest that wait."""
        return [self._waiting[n] for n in range(min(MOST_AT_ONCE, len(self._waiting)))]

    def answered(self, samples: Sequence[HubSample], at: float) -> None:
        """What ``next`` gave; one that was dropped meanwhile is none of ours any more."""
        for sample in samples:
            if self._waiting and self._waiting[0] is sample:
                self._answered.append((at, self._waiting.popleft()))

    def settle(self, heard: float, seconds: float) -> None:
        """As Window.settled."""
        while self._answered and self._answered[0][0] + seconds <= heard:
            self._answered.popleft()

    def older_than(self, since: float) -> bool:
        """As Window.older_than."""
        return bool(self._answered) and self._answered[0][0] < since

    def back(self) -> None:
        """All that is not settled waits again."""
        self._waiting.extendleft(sample for _, sample in reversed(self._answered))
        self._answered.clear()

"""How many events a transaction takes: as many as the store writes in the time others may be kept waiting."""

LARGEST_BATCH_EVENTS = 500
SMALLEST_BATCH_EVENTS = 50
# Whoever comes while a full transaction runs waits for it and for his own: twice this, beside some 40 ms
# of linger and window.
BATCH_SECONDS = 0.025
GROWTH = 1.25


class BatchSize:
    """Shrinks with each transaction that took too long, at most by half; grows while full ones are quick."""

    def __init__(self, largest: int = LARGEST_BATCH_EVENTS) -> None:
        self.largest = largest
        self.events = largest

    def observe(self, events: int, seconds: float) -> None:
        """A transaction of so many events took so long."""
        if seconds > BATCH_SECONDS and events >= SMALLEST_BATCH_EVENTS:
            share = max(0.5, BATCH_SECONDS / seconds)
            self.events = max(SMALLEST_BATCH_EVENTS, min(self.events, int(events * share)))
        elif seconds <= BATCH_SECONDS and events >= self.events:
            self.events = min(self.largest, int(self.events * GROWTH) + 1)

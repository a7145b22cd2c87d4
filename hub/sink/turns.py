"""Deliveries that wait for the store, edge by edge: an edge that drains a week holds nobody else up."""

from collections import deque
from collections.abc import Iterable

from hub.sink.intake import EDGE_LEVEL, Delivery

TURN_EVENTS = 20  # of one edge, before the next one has its turn
BACKLOG_EVENTS = 100  # of one edge that wait at once: it drains


class Turns:
    """A queue for each edge, taken from in turn; within an edge the order in which they came."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Delivery]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def has_others(self) -> bool:
        """Several edges wait."""
        return len(self._lanes) > 1

    @property
    def has_backlog_beside_others(self) -> bool:
        """Several edges wait, and one of them drains."""
        return self.has_others and max(map(len, self._lanes.values())) >= BACKLOG_EVENTS

    def add(self, deliveries: Iterable[Delivery]) -> int:
        """How many of one of their edges wait now, at most."""
        longest = 0
        for delivery in deliveries:
            lane = self._lanes.setdefault(_edge(delivery), deque())
            lane.append(delivery)
            self._count += 1
            longest = max(longest, len(lane))
        return longest

    def put_back(self, deliveries: Iterable[Delivery]) -> None:
        """What was taken and not written goes before what came since; ``deliveries`` as they were taken."""
        for delivery in reversed(list(deliveries)):
            self._lanes.setdefault(_edge(delivery), deque()).appendleft(delivery)
            self._count += 1

    def take(self, events: int, size_bytes: int) -> list[Delivery]:
        """The next batch: at most so many, and no further one once ``size_bytes`` are reached."""
        batch: list[Delivery] = []
        while self._lanes and len(batch) < events and size_bytes > 0:
            edge, lane = next(iter(self._lanes.items()))
            del self._lanes[edge]
            turn = min(TURN_EVENTS, events - len(batch))
            while lane and turn and size_bytes > 0:
                delivery = lane.popleft()
                batch.append(delivery)
                size_bytes -= len(delivery.message.payload)
                turn -= 1
            if lane:
                self._lanes[edge] = lane  # behind the others
        self._count -= len(batch)
        return batch


def _edge(delivery: Delivery) -> str:
    return delivery.message.topic.split("/")[EDGE_LEVEL]

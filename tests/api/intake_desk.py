"""The intake desk of a hub behind the API's socket, over the stage's real store."""

from collections.abc import Callable, Sequence
from typing import Any

from hub.runtime.hub_place import HubPlace
from hub.runtime.intake_desk import IntakeDesk
from storage.contract import Arrival, Batch, EventStore
from tests.api.conftest import NOW_MS, Stage
from tests.api.test_alarms import SharedReader

ZONE = "Asia/Ho_Chi_Minh"


class Bearing:
    """What the desk needs of a hub."""

    place = HubPlace("so-y-te")

    def __init__(self, store: EventStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self.borne: list[Arrival] = []

    async def bear(self, arrivals: Sequence[Arrival]) -> None:
        await self._store.write(Batch(self._store.term, arrivals, received_ms=self._clock()))
        self.borne += arrivals


def ticking() -> Callable[[], int]:
    """A clock that is a second later each time."""
    ticks = iter(range(NOW_MS, NOW_MS + 10_000_000, 1000))
    return lambda: next(ticks)


async def with_intake(stage: Stage) -> Bearing:
    reader: Any = SharedReader(stage.deck.reader)
    clock = ticking()
    hub = Bearing(stage.writer.store, clock)
    await stage.hub.stop()
    stage.hub.desk = IntakeDesk(hub, lambda: reader, ZONE, clock).calls()
    await stage.hub.start()
    return hub

"""What was born at the hub reaches the bus from the log: in order, and whatever line or process is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.errors import BusUnavailable
from hub.mqtt.connection import Connection, Incoming, connect
from hub.payloads import Alarm
from hub.runtime.herald import Herald
from hub.sink.born import born
from hub.supervisor import FAST, keep_running
from storage.contract import Arrival, Batch
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.bus_engines import Nats
from tests.conformance.store_arrivals import lab
from tests.sink.test_hub_on_the_bus import engine  # noqa: F401  the fixture

pytestmark = pytest.mark.slow
TOPIC = "epihub/v1/evt/+/kho-vac-xin/hub/alarms/alarm-v1"


class Ear:
    """A subscriber of anybody's, whom the broker keeps messages for while he is away."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Incoming] = asyncio.Queue()
        self.connection: Connection | None = None

    def take(self, messages: list[Incoming]) -> None:
        for message in messages:
            self.heard.put_nowait(message)

    async def listen(self, broker: Nats) -> None:
        self.connection = await connect(broker.address("edge"), "ear", clean=False, on_messages=self.take)
        await self.connection.subscribe(TOPIC)

    async def bodies(self, count: int) -> list[bytes]:
        return [await self._next() for _ in range(count)]

    async def _next(self) -> bytes:
        assert self.connection is not None
        message = await self.heard.get()
        self.connection.acknowledge([message])
        return message.payload


@pytest.fixture
async def ear(engine: Nats) -> Ear:  # noqa: F811
    made = Ear()
    await made.listen(engine)
    return made


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    yield store
    await store.close()


def alarm(number: int) -> Arrival:
    told = Alarm(f"hole-{number}", "hub.hole", "critical", "RAISED", "edge-1", "2026-11-22T13:45:00.000Z")
    return born("kho-vac-xin", told, told.incident, 1000 + number)


async def write(store: SqliteStore, *arrivals: Arrival) -> None:
    await store.write(Batch(store.term, arrivals))


@asynccontextmanager
async def heralding(store: SqliteStore, path: Path, broker: Nats) -> AsyncIterator[Herald]:
    herald = Herald(store, lambda: SqliteReader(path), broker.address("hub"))
    running = asyncio.create_task(
        keep_running(herald.run, name="herald", retried=BusUnavailable, backoff=FAST)
    )
    try:
        yield herald
    finally:
        running.cancel()
        await asyncio.wait({running})


async def marked(store: SqliteStore, number: int) -> None:
    """It marks a second after the last."""
    while await store.announced() < number:  # noqa: ASYNC110  the store tells nobody
        await asyncio.sleep(0.05)


async def test_what_waits_in_the_log_and_what_comes_is_published_in_order(
    engine: Nats,  # noqa: F811
    store: SqliteStore,
    ear: Ear,
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    waiting = [alarm(number) for number in range(250)]
    await write(store, lab(), *waiting)
    async with heralding(store, path, engine) as herald:
        assert await ear.bodies(250) == [each.body for each in waiting]
        await write(store, alarm(999))
        herald.grown()
        assert await ear.bodies(1) == [alarm(999).body]
        await marked(store, 252)
    async with heralding(store, path, engine) as herald:
        await write(store, alarm(1000))
        herald.grown()
        assert await ear.bodies(1) == [alarm(1000).body]  # none of the others again


async def test_what_was_not_marked_is_published_again(
    engine: Nats,  # noqa: F811
    store: SqliteStore,
    ear: Ear,
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    await write(store, alarm(1))
    for _ in range(2):
        async with heralding(store, path, engine):
            assert await ear.bodies(1) == [alarm(1).body]


async def test_what_is_born_while_the_broker_is_away_is_published_when_it_is_back(
    engine: Nats,  # noqa: F811
    store: SqliteStore,
    ear: Ear,
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    async with heralding(store, path, engine) as herald:
        await write(store, alarm(1))
        herald.grown()
        await ear.bodies(1)
        await marked(store, 1)
        await engine.stop()
        await write(store, alarm(2))
        herald.grown()
        await engine.start()
        await ear.listen(engine)
        await write(store, alarm(3))
        herald.grown()
        found: list[bytes] = []
        while alarm(3).body not in found:
            found += await ear.bodies(1)
        await marked(store, 3)
    # It may say again what nobody acknowledged; nothing is left out, and the first of each in order.
    assert list(dict.fromkeys(found)) in ([each.body for each in (alarm(1), alarm(2), alarm(3))],
                                          [each.body for each in (alarm(2), alarm(3))])  # fmt: skip

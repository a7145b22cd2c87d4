"""A partition of the bus whose store refuses, against a broker that says what the test tells it to."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import StoreUnavailable
from hub.mqtt.connection import BrokerAddress
from hub.runtime.hub import Hub
from storage.sqlite.store import SqliteStore
from tests.fire.patience import until
from tests.mqtt.scripted_broker import ScriptedBroker


class _FullOnce(SqliteStore):
    """The disk is full when a partition asks for its link the first time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.refused = False
        self.asked_again = asyncio.Event()
        self.trouble: Callable[[], str] = str
        self.told = ""

    async def link(self, partition: int) -> str | None:
        if not self.refused:
            self.refused = True
            raise StoreUnavailable("store.full")
        self.told = self.trouble()
        self.asked_again.set()
        return await super().link(partition)


async def _welcome(broker: ScriptedBroker) -> None:
    while True:
        await broker.peer()


@pytest.mark.slow
async def test_a_store_that_refuses_costs_a_connection_and_not_the_hub(tmp_path: Path) -> None:
    store = _FullOnce(tmp_path / "store.db")
    async with ScriptedBroker() as broker:
        hub = Hub(store, BrokerAddress("127.0.0.1", broker.port, "hub", "secret"), partitions=[3])
        store.trouble = lambda: hub.sink.store_trouble
        await hub.open()
        welcoming = asyncio.create_task(_welcome(broker))
        running = asyncio.create_task(hub.run())
        async with asyncio.timeout(10):
            await store.asked_again.wait()
            await until(lambda: not hub.sink.store_trouble, "the store lets the partition be held", 5)
        assert not running.done()
        assert store.told == "store.full"
        running.cancel()
        welcoming.cancel()
        await asyncio.gather(running, welcoming, return_exceptions=True)

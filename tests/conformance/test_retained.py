"""What a broker keeps reaches whoever subscribes, also where it is published in that moment."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.broker.accounts import edge_account, hub_account
from hub.lists import manifest_topic
from hub.mqtt.connection import Connection, connect
from hub.mqtt.retained import ask_again
from tests.conformance.bus_clients import Inbox
from tests.conformance.bus_engines import Engine, engine

pytestmark = pytest.mark.slow
TOPICS = [manifest_topic(f"list-{number}") for number in range(300)]  # at QoS 0: NATS has room for six at 1


@pytest.fixture(params=["nats", "mosquitto"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    bus = engine(request.param, tmp_path, (hub_account("hub"), edge_account("edge-1", "edge")))
    await bus.start()
    yield bus
    await bus.stop()


async def subscribe_meanwhile(connection: Connection, topic: str, turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    await connection.subscribe(topic, qos=0)


async def test_what_is_published_while_we_subscribe_is_heard_in_the_end(bus: Engine) -> None:
    inbox = Inbox()
    hub = await connect(bus.address("hub"), "hub-lists", clean=True, on_messages=lambda _: None)
    edge = await connect(bus.address("edge-1"), "edge-1", clean=True, on_messages=inbox.take)
    inbox.connection = edge
    for number, topic in enumerate(TOPICS):
        await asyncio.gather(
            hub.publish_one(topic, b"x", retain=True), subscribe_meanwhile(edge, topic, number % 20)
        )
    asking = asyncio.create_task(ask_again(edge, *TOPICS, qos=0))
    await inbox.until(lambda: {message.topic for message in inbox.messages} == set(TOPICS))
    asking.cancel()
    await edge.close()
    await hub.close()

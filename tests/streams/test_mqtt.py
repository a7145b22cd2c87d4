"""subscribe_mqtt against the embedded broker: acknowledged after the commit, and not before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from pathlib import Path

import pytest

from hub.broker.accounts import BusAccount
from hub.errors import DeviceUnavailable, NotCommitted, StoreUnavailable
from hub.mqtt.connection import Connection, connect
from hub.streams import MqttEndpoint, MqttMessage, subscribe_mqtt
from hub.streams import mqtt as mqtt_module
from hub.streams.surroundings import Surroundings, current
from tests.conformance.bus_engines import Nats

pytestmark = pytest.mark.slow
FULL = StoreUnavailable("full")


class Taker:
    """Commits what it is given; refuses payloads that are in ``refused``, at the call or later."""

    def __init__(self) -> None:
        self.committed: asyncio.Queue[MqttMessage] = asyncio.Queue()
        self.refused: dict[bytes, bool] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    def __call__(self, message: MqttMessage) -> Awaitable[object]:
        if self.refused.get(message.payload):
            raise FULL
        return self._commit(message)

    async def _commit(self, message: MqttMessage) -> None:
        await self.gate.wait()
        if message.payload in self.refused:
            raise FULL
        self.committed.put_nowait(message)

    async def payloads(self, count: int) -> list[bytes]:
        return [(await self.committed.get()).payload for _ in range(count)]

    def nothing_more(self) -> bool:
        return self.committed.empty()


class Bus:
    """The broker, a device that publishes, and our subscription."""

    def __init__(self, engine: Nats, device: Connection) -> None:
        self.engine = engine
        self.device = device
        self.taker = Taker()

    async def publish(self, topic: str, *payloads: bytes, retain: bool = False) -> None:
        for payload in payloads:
            await self.device.publish_one(topic, payload, retain=retain)

    def subscribe(self, *topics: str) -> "asyncio.Task[None]":
        return asyncio.create_task(subscribe_mqtt(MqttEndpoint(topics, session="test"), self.taker))

    def come_back(self, *topics: str) -> "asyncio.Task[None]":
        """As the supervisor does: NATS may hang up while it still ends the last session of this name."""
        return asyncio.create_task(self._until_it_stays(topics))

    async def _until_it_stays(self, topics: tuple[str, ...]) -> None:
        while True:
            with suppress(DeviceUnavailable):
                await self.subscribe(*topics)
            await asyncio.sleep(0.01)

    async def subscribed(self, *topics: str) -> "asyncio.Task[None]":
        """Once the session stands: what was published before it is not ours."""
        task = self.subscribe(*topics)
        probe = topics[0]
        while self.taker.committed.empty():
            assert not task.done(), task.exception()
            await self.publish(probe, b"probe")
            await asyncio.sleep(0.02)
        await self.publish(probe, b"last probe")
        while (await self.taker.committed.get()).payload != b"last probe":
            pass  # those before it were still on their way
        return task


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    accounts = [
        BusAccount("sensors", "s" * 12, publish=("#",), subscribe=()),
        BusAccount("reader", "r" * 12, publish=(), subscribe=("#",)),
    ]
    engine = Nats(tmp_path, accounts)
    await engine.start()
    current.set(Surroundings("epihub-edge-1", engine.address("reader")))
    device = await connect(engine.address("sensors"), "device", clean=True, on_messages=lambda _: None)
    async with asyncio.timeout(50):
        yield Bus(engine, device)
    await device.close()
    await engine.stop()


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, DeviceUnavailable):
        await task


async def test_committed_messages_do_not_come_again_and_others_do(bus: Bus) -> None:
    task = await bus.subscribed("fridge/1")
    await bus.publish("fridge/1", b"a", b"b")
    assert await bus.taker.payloads(2) == [b"a", b"b"]
    bus.taker.gate.clear()
    await bus.publish("fridge/1", b"c")
    await end(task)
    bus.taker.gate.set()
    await bus.publish("fridge/1", b"d")
    task = bus.come_back("fridge/1")
    again = sorted(set(await bus.taker.payloads(2)))
    assert again == [b"c", b"d"]
    await end(task)


@pytest.mark.parametrize("at_once", [True, False])
async def test_refused_message_makes_the_line_unavailable_and_comes_again(bus: Bus, at_once: bool) -> None:
    task = await bus.subscribed("fridge/1")
    bus.taker.refused[b"b"] = at_once
    await bus.publish("fridge/1", b"a", b"b", b"c")
    with pytest.raises(DeviceUnavailable, match="not committed: full"):
        await task
    bus.taker.refused.clear()
    task = bus.come_back("fridge/1")
    seen: set[bytes] = set()
    while not {b"a", b"b", b"c"} <= seen:
        seen |= set(await bus.taker.payloads(1))
    await end(task)


async def test_many_topics_of_our_own_bus_are_heard_by_their_roots(bus: Bus) -> None:
    topics = tuple(f"fridges/{number}" for number in range(8))
    task = await bus.subscribed(*topics)
    await bus.publish("fridges/99", b"foreign")
    await bus.publish("fridges/7", b"ours")
    assert await bus.taker.payloads(1) == [b"ours"]
    await end(task)
    task = bus.come_back(*topics)
    await bus.publish("fridges/3", b"next")
    seen = await bus.taker.payloads(1)
    if seen == [b"ours"]:  # committed, and cut before the broker had its acknowledgement
        seen = await bus.taker.payloads(1)
    assert seen == [b"next"], "the foreign one was acknowledged"
    assert bus.taker.nothing_more()
    await end(task)


async def test_retained_message_is_marked(bus: Bus) -> None:
    await bus.publish("fridge/1", b"kept", retain=True)
    task = bus.subscribe("fridge/1")
    message = await bus.taker.committed.get()
    assert (message.payload, message.retain) == (b"kept", True)
    await end(task)


async def test_broker_that_goes_is_unavailable(bus: Bus) -> None:
    task = await bus.subscribed("fridge/1")
    await bus.engine.stop()
    with pytest.raises(DeviceUnavailable, match="broker"):
        await task
    with pytest.raises(DeviceUnavailable):
        await bus.subscribe("fridge/1")
    await bus.engine.start()


async def test_subscription_that_is_refused_is_unavailable(tmp_path: Path) -> None:
    engine = Nats(tmp_path, [BusAccount("reader", "r" * 12, publish=(), subscribe=("fridge/1",))])
    await engine.start()
    current.set(Surroundings("epihub-edge-1", engine.address("reader")))
    async with asyncio.timeout(30):
        with pytest.raises(DeviceUnavailable, match="refused"):
            await subscribe_mqtt(MqttEndpoint(("secret/1",)), Taker())
    await engine.stop()


async def test_without_a_bus_of_our_own_a_broker_must_be_named() -> None:
    current.set(Surroundings())
    with pytest.raises(DeviceUnavailable, match="name the device's broker"):
        await subscribe_mqtt(MqttEndpoint(("fridge/1",)), Taker())


def test_client_id_is_stable_and_new_with_the_topics() -> None:
    one = mqtt_module._client_id(MqttEndpoint(("a", "b"), session="s"))
    assert one == mqtt_module._client_id(MqttEndpoint(("b", "a"), session="s"))
    assert one != mqtt_module._client_id(MqttEndpoint(("a",), session="s"))
    assert one != mqtt_module._client_id(MqttEndpoint(("a", "b"), "mqtt://x", session="s"))


async def test_what_waits_when_the_line_ends_is_let_go_quietly(caplog: pytest.LogCaptureFixture) -> None:
    delivery = mqtt_module._Delivery(Taker(), frozenset())
    refused: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    delivery.waiting.put_nowait((None, refused))  # type: ignore[arg-type]
    delivery.abandon()
    refused.set_exception(NotCommitted("full"))
    await asyncio.sleep(0)
    del refused
    assert "never retrieved" not in caplog.text

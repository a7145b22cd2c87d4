"""Both ends of a test conversation: ours, and paho's as everybody else's."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hub.errors import BusUnavailable
from hub.mqtt.connection import BrokerAddress, BrokerRefusal, Connection, Incoming, connect

DEADLINE_SECONDS = 90


async def dial(address: BrokerAddress, client_id: str, **how: Any) -> Connection:
    """Connect, again where the broker hangs up: NATS may do so while it ends the last one of this name."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            try:
                return await connect(address, client_id, **how)
            except BrokerRefusal:
                raise
            except BusUnavailable:
                await asyncio.sleep(0.01)


class Inbox:
    """What came by ``on_messages``, acknowledged at once unless ``hold`` is set."""

    def __init__(self, *, hold: bool = False) -> None:
        self.hold = hold
        self.messages: list[Incoming] = []
        self.connection: Connection | None = None
        self._arrived = asyncio.Event()

    def take(self, batch: list[Incoming]) -> None:
        self.messages += batch
        if not self.hold:
            assert self.connection is not None
            self.connection.acknowledge(batch)
        self._arrived.set()

    @property
    def payloads(self) -> list[bytes]:
        return [each.payload for each in self.messages]

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait for what the test expects; the deadline is there only to end a failing run."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not enough():
                self._arrived.clear()
                await self._arrived.wait()

    async def count(self, messages: int) -> None:
        await self.until(lambda: len(self.messages) >= messages)


class Stranger:
    """A paho client, connected, with its loop in a thread of its own."""

    def __init__(self, client: paho.Client) -> None:
        self.client = client
        self.messages: list[paho.MQTTMessage] = []
        self._arrived = threading.Condition()
        client.on_message = self._take

    def _take(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    async def subscribe(self, topic_filter: str) -> None:
        granted = threading.Event()
        self.client.on_subscribe = lambda *_: granted.set()
        self.client.subscribe(topic_filter, 1)
        assert await asyncio.to_thread(granted.wait, DEADLINE_SECONDS)

    async def publish(self, topic: str, payload: bytes) -> None:
        info = self.client.publish(topic, payload, 1)
        await asyncio.to_thread(info.wait_for_publish, DEADLINE_SECONDS)

    async def count(self, messages: int) -> None:
        def wait() -> bool:
            with self._arrived:
                return self._arrived.wait_for(lambda: len(self.messages) >= messages, DEADLINE_SECONDS)

        assert await asyncio.to_thread(wait)


@contextmanager
def stranger(client_id: str, port: int, name: str, password: str) -> Iterator[Stranger]:
    """A connected paho client, for as long as the block runs."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id)
    client.username_pw_set(name, password)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert connected.wait(DEADLINE_SECONDS)
        yield Stranger(client)
    finally:
        client.disconnect()
        client.loop_stop()

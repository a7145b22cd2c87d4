"""Keeps the hub's lists on the bus as they are now: retained, so an edge has them as soon as it connects."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from hub.errors import BusUnavailable
from hub.lists import PublishedList, chunk_topic, manifest_of, manifest_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect


class ListHerald:
    """``lists`` by their names, asked for at every connection and after ``changed``."""

    def __init__(self, address: BrokerAddress, lists: Callable[[], Mapping[str, PublishedList]]) -> None:
        self._address = address
        self._lists = lists
        self._older: list[tuple[str, bytes]] = []
        self._due = asyncio.Event()
        self._connection: Connection | None = None

    def changed(self) -> None:
        """The lists are others now."""
        self._due.set()

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable at its end."""
        self._older.clear()
        self._due.set()
        connection = await connect(self._address, "epihub-hub-lists", clean=True, on_messages=self._heard)
        self._connection = connection
        lost = asyncio.ensure_future(connection.lost())
        try:
            await connection.subscribe(*(manifest_topic(name) for name in self._lists()))
            while not lost.done():
                await self._due_or(lost)
                await self._publish(connection)
            raise BusUnavailable(lost.result())
        finally:
            lost.cancel()
            self._connection = None
            await connection.close()

    async def _due_or(self, lost: "asyncio.Future[str]") -> None:
        due = asyncio.ensure_future(self._due.wait())
        either: set[asyncio.Future[Any]] = {due, lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
        self._due.clear()

    async def _publish(self, connection: Connection) -> None:
        lists = self._lists()
        for name, each in lists.items():
            for topic, payload in each.messages(name):
                await connection.publish_one(topic, payload, retain=True)
        while self._older:
            topic, payload = self._older.pop()
            for chunk in _left_over(lists, topic, payload):
                await connection.publish_one(chunk, b"", retain=True)

    def _heard(self, messages: list[Incoming]) -> None:
        """What the broker kept of another version: its chunks are let go behind the new manifest."""
        for message in messages:
            if message.retain and message.payload:
                self._older.append((message.topic, message.payload))
                self._due.set()
        if self._connection:
            self._connection.acknowledge([message for message in messages if message.packet_id])


def _left_over(lists: Mapping[str, PublishedList], topic: str, payload: bytes) -> list[str]:
    """Chunks of a version that is no more."""
    older = manifest_of(payload)
    name = next((name for name in lists if manifest_topic(name) == topic), "")
    if older is None or not name or older.version == lists[name].manifest.version:
        return []
    return [chunk_topic(name, older.version, number) for number in range(older.chunks)]

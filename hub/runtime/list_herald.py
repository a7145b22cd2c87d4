"""Keeps the hub's lists on the bus as they are now: retained, so an edge has them as soon as it connects."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hub.errors import BusUnavailable
from hub.lists import PublishedList, chunk_topic, manifest_of, manifest_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect

GATHER_SECONDS = 0.5  # what changes together goes out once
Make = Callable[[], Awaitable[PublishedList]]


class ListHerald:
    """``lists`` by name, made at every connection and after ``changed``; one that is as it was is left."""

    def __init__(self, address: BrokerAddress, lists: Mapping[str, Make]) -> None:
        self._address = address
        self._lists = lists
        self._published: dict[str, PublishedList] = {}  # on this connection
        self._older: list[tuple[str, bytes]] = []
        self._due = asyncio.Event()
        self._connection: Connection | None = None

    def changed(self) -> None:
        """The lists are others now."""
        self._due.set()

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable at its end, or StoreUnavailable."""
        self._older.clear()
        self._published.clear()
        self._due.set()
        connection = await connect(self._address, "epihub-hub-lists", clean=True, on_messages=self._heard)
        self._connection = connection
        lost = asyncio.ensure_future(connection.lost())
        try:
            await connection.subscribe(*(manifest_topic(name) for name in self._lists))
            while not lost.done():
                await self._due_or(lost)
                await self._publish(connection)
                await asyncio.sleep(GATHER_SECONDS)
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
        for name, make in self._lists.items():
            made, before = await make(), self._published.get(name)
            if before and before.manifest == made.manifest:
                continue
            for topic, payload in made.messages(name):
                await connection.publish_one(topic, payload, retain=True)
            self._published[name] = made
            if before:
                self._older.append(before.messages(name)[-1])
        while self._older:
            for chunk in _left_over(self._published, *self._older.pop()):
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

"""Keeps the hub's lists on the bus as they are now: retained, so an edge has them as soon as it connects."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hub.errors import BusUnavailable
from hub.lists import ListMoved, Published, chunk_topic, manifest_message, manifest_of, manifest_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect

GATHER_SECONDS = 0.5  # what changes together goes out once
LOOK_AGAIN_SECONDS = 15.0  # some lists change with time alone, or too often to be told each time
Make = Callable[[], Awaitable[Published | None]]


class ListHerald:
    """``lists`` by name, made at every connection, after ``changed`` and every 15 s.

    One that is as it was is left; None: there is none, and nothing is published. Of a version that only gets
    another expiry its manifest alone goes out.
    """

    def __init__(self, address: BrokerAddress, lists: Mapping[str, Make]) -> None:
        self._address = address
        self._lists = lists
        self._published: dict[str, Published] = {}  # on this connection
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
            await connection.subscribe(*(manifest_topic(name) for name in self._lists), qos=0)
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
            await asyncio.wait(either, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
        self._due.clear()

    async def _publish(self, connection: Connection) -> None:
        for name, make in self._lists.items():
            made = await make()
            if made:
                await self._publish_list(connection, name, made)
        while self._older:
            for chunk in _left_over(self._published, *self._older.pop()):
                await connection.publish_one(chunk, b"", retain=True)

    async def _publish_list(self, connection: Connection, name: str, made: Published) -> None:
        before = self._published.get(name)
        if before and before.manifest == made.manifest:
            return
        is_new = before is None or before.manifest.version != made.manifest.version
        try:
            for topic, payload in made.chunk_messages(name) if is_new else ():
                await connection.publish_one(topic, payload, retain=True)
        except ListMoved:
            self._due.set()
            return
        await connection.publish_one(*manifest_message(name, made.manifest), retain=True)
        self._published[name] = made
        if before and is_new:
            self._older.append(manifest_message(name, before.manifest))

    def _heard(self, messages: list[Incoming]) -> None:
        """What the broker kept of another version: its chunks are let go behind the new manifest."""
        for message in messages:
            if message.retain and message.payload:
                self._older.append((message.topic, message.payload))
                self._due.set()
        if self._connection:
            self._connection.acknowledge([message for message in messages if message.packet_id])


def _left_over(lists: Mapping[str, Published], topic: str, payload: bytes) -> list[str]:
    """Chunks of a version that is no more."""
    older = manifest_of(payload)
    name = next((name for name in lists if manifest_topic(name) == topic), "")
    if older is None or not name or older.version == lists[name].manifest.version:
        return []
    return [chunk_topic(name, older.version, number) for number in range(older.chunks)]

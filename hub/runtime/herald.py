"""Publishes what was born at the hub: from the log, in its order, again where line or process was lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from hub.errors import BusUnavailable
from hub.events import decode_event, event_topic
from hub.mqtt.connection import BrokerAddress, Connection, connect
from storage.contract import EventStore, LoggedEvent, StoreReader

PAGE_EVENTS = 100
# How far it came is written when nothing more comes; after a crash the rest is published again.
MARK_SECONDS = 1.0


class Herald:
    """At least once: an event counts as published when the broker has acknowledged it."""

    def __init__(
        self, store: EventStore, open_reader: Callable[[], StoreReader], address: BrokerAddress
    ) -> None:
        self._store = store
        self._open_reader = open_reader
        self._address = address
        self._grown = asyncio.Event()

    def grown(self) -> None:
        """The log has events of the hub's own that are new."""
        self._grown.set()

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable at its end, or StoreUnavailable."""
        reader = self._open_reader()
        await reader.open()
        try:
            connection = await connect(
                self._address, "epihub-hub-herald", clean=True, on_messages=lambda _: None
            )
            try:
                await self._serve(reader, connection)
            finally:
                await connection.close()
        finally:
            await reader.close()

    async def _serve(self, reader: StoreReader, connection: Connection) -> None:
        number = marked = await self._store.announced()
        while True:
            self._grown.clear()
            page = await reader.events_of_hub(number, limit=PAGE_EVENTS)
            await asyncio.gather(*(_publish(connection, logged) for logged in page))
            if page:
                number = page[-1].number
            else:
                marked = await self._rest(number, marked, connection)

    async def _rest(self, number: int, marked: int, connection: Connection) -> int:
        """Until there is more; raises BusUnavailable when the line ends meanwhile."""
        if number > marked:
            with suppress(TimeoutError):
                async with asyncio.timeout(MARK_SECONDS):
                    await self._grown.wait()
                    return marked
            await self._store.mark_announced(number)
            return number
        lost = asyncio.ensure_future(connection.lost())
        grown = asyncio.ensure_future(self._grown.wait())
        try:
            await asyncio.wait({lost, grown}, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise BusUnavailable(lost.result())
        finally:
            lost.cancel()
            grown.cancel()
        return marked


async def _publish(connection: Connection, logged: LoggedEvent) -> None:
    event = decode_event(logged.body)
    topic = event_topic(event.site, event.edge, event.device, event.type)
    await connection.publish_one(topic, logged.body)

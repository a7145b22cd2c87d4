"""Whether an edge's hub is there, by its birth and will on the bus; on the same line the lists it gives."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from hub.errors import BusUnavailable
from hub.events import hub_topic, partition_of
from hub.lists import Assembly, manifest_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from hub.mqtt.retained import ask_again
from hub.wire import PartitionState

SEEN_FILE = "hub-seen"
SEEN_SECONDS = 20.0  # between two marks on the disk
FIRST_QUESTION_SECONDS, LONGEST_QUESTION_SECONDS = 0.2, 10.0
_state = msgspec.json.Decoder(PartitionState).decode
log = logging.getLogger(__name__)


class HubPresence:
    """``changed`` is told when the hub comes or goes, ``lists`` by name the items of each new version.

    When the hub was seen last is kept in ``folder``: an edge that is killed again and again still gets apart.
    """

    def __init__(
        self,
        address: BrokerAddress,
        edge: str,
        folder: Path,
        changed: Callable[[], None],
        lists: Mapping[str, Callable[[list[bytes]], None]],
        clock: Callable[[], int],
    ) -> None:
        self.there = False
        self._address = address
        self._edge = edge
        self._seen_file = folder / SEEN_FILE
        self._changed = changed
        self._lists = lists
        self._now_ms = clock
        self._started_ms = clock()
        self._seen_ms = self._kept_ms()
        self._assemblies = {name: Assembly(name) for name in lists}
        self._connection: Connection | None = None
        self._state = PartitionState("offline", "", -1, "")
        self._wanted = asyncio.Event()

    @property
    def away_ms(self) -> int:
        """How long the hub is away; 0: it is there."""
        return 0 if self.there else max(0, self._now_ms() - self._seen_ms)

    @property
    def running_ms(self) -> int:
        """Since we began to look."""
        return self._now_ms() - self._started_ms

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable at its end."""
        client = f"epihub-edge-{self._edge}-alarms"
        connection = await connect(self._address, client, clean=True, on_messages=self._heard)
        self._connection = connection
        try:
            await connection.subscribe(hub_topic(partition_of(self._edge)))
            manifests = [manifest_topic(name) for name in self._lists]
            await connection.subscribe(*manifests)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(ask_again(connection, *manifests), name="kept-manifests")
                tasks.create_task(self._ask_for_hub(connection), name="ask-for-hub")
                tasks.create_task(self._ask_for_chunks(connection), name="ask-for-chunks")
                tasks.create_task(_end_with(connection), name="connection")
        except* BusUnavailable as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None
        finally:
            self._connection = None
            self._state = PartitionState("offline", "", -1, "")
            self._tell(there=False)
            await connection.close()

    async def mark(self) -> None:
        """Write down from time to time that the hub is there, until cancelled."""
        while True:
            if self.there:
                with suppress(OSError):  # a full disk is told by the spool
                    await asyncio.to_thread(self._seen_file.touch)
            await asyncio.sleep(SEEN_SECONDS)

    async def _ask_for_hub(self, connection: Connection) -> None:
        """A birth that crosses our SUBSCRIBE can be lost (hub.edge.link): subscribe until it was heard."""
        pause = FIRST_QUESTION_SECONDS
        while self._state.term < 0:
            await asyncio.sleep(pause)
            if self._state.term < 0:
                await connection.subscribe(hub_topic(partition_of(self._edge)))
            pause = min(2 * pause, LONGEST_QUESTION_SECONDS)

    async def _ask_for_chunks(self, connection: Connection) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            for assembly in self._assemblies.values():
                if missing := assembly.missing:
                    await connection.subscribe(*missing, qos=0)

    def _heard(self, messages: list[Incoming]) -> None:
        for message in messages:
            if message.topic.startswith("epihub/v1/hub/"):
                self._hear_state(message.payload)
            else:
                self._hear_list(message.topic, message.payload)
        self._wanted.set()
        if self._connection:
            self._connection.acknowledge([message for message in messages if message.packet_id])

    def _hear_list(self, topic: str, payload: bytes) -> None:
        for name, assembly in self._assemblies.items():
            items = assembly.take(topic, payload)
            if items is not None:
                self._lists[name](items)

    def _hear_state(self, payload: bytes) -> None:
        try:
            state = _state(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("bad message on the bus", extra={"topic": "hub"})
            return
        if state.store == self._state.store and state.term < self._state.term:
            return  # the will of one that was replaced
        self._state = state
        self._tell(there=state.state == "online")

    def _tell(self, *, there: bool) -> None:
        if self.there or there:
            self._seen_ms = self._now_ms()
        if there != self.there:
            self.there = there
            self._changed()

    def _kept_ms(self) -> int:
        with suppress(OSError):
            return min(self._now_ms(), int(self._seen_file.stat().st_mtime * 1000))
        return self._now_ms()


async def _end_with(connection: Connection) -> None:
    raise BusUnavailable(await connection.lost())

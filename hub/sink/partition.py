"""One partition of the bus, held: its persistent session, birth and will, and the receipts of its edges."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from time import monotonic
from typing import Literal

import msgspec

from hub.clock import now_ms
from hub.errors import BusUnavailable, StoreUnavailable
from hub.events import event_filter, format_time, hub_topic, partition_of, receipt_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, Outgoing, Will, connect
from hub.sink.watermarks import Committed, Told
from hub.wire import PartitionState, Receipt, encode_json
from storage.contract import EventStore

RECEIPT_SECONDS = 0.05
WANT_SECONDS = 0.3
RETAINED_SECONDS = 10.0  # in which a broker sends what it retains; only that can tell of a restored store
EPOCHS_TOLD = 4  # of one edge, at a reconnect; older ones are long drained

log = logging.getLogger(__name__)
_EVENTS = "epihub/v1/evt/"
_RECEIPTS = "epihub/v1/receipt/+"
_receipt = msgspec.json.Decoder(Receipt).decode


class Partition:
    """``deliver`` gets the events; the sink acknowledges them on the connection after its commit."""

    def __init__(
        self,
        number: int,
        address: BrokerAddress,
        store: EventStore,
        committed: Committed,
        deliver: Callable[[Connection, list[Incoming]], None],
    ) -> None:
        self.number = number
        self.address = address
        self.store = store
        self.connected = asyncio.Event()
        self.store_trouble = ""  # why the store did not let us hold it; empty when it did
        self.asking_since: float | None = None  # while the store is asked whether we may hold it
        self._committed = committed
        self._deliver = deliver
        self._link = ""
        self._connection: Connection | None = None
        self._restored = asyncio.Event()
        self._due: dict[tuple[str, str], Told] = {}
        self._due_set = asyncio.Event()
        self._asking: set[tuple[str, str]] = set()
        self._overtaken: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable at its end, or StoreUnavailable."""
        connection = await connect(
            self.address,
            f"epihub-hub-p{self.number:02d}",
            clean=False,
            will=Will(hub_topic(self.number), self._state("offline")),
            window=4000,
            on_messages=self._heard,
        )
        self._connection = connection
        try:
            await self._settle(connection)
            await self._serve(connection)
        finally:
            self.connected.clear()
            self._connection = None
            await self._leave(connection)

    def receipt_due(self, told: Told) -> None:
        """The store moved, or a gap was seen: tell the edge soon."""
        self._due[told.edge, told.epoch] = told
        self._due_set.set()

    async def _settle(self, connection: Connection) -> None:
        """The session first, then the birth: an edge publishes only when it has seen the birth."""
        await self._renew_link(connection)
        await connection.subscribe(_RECEIPTS)
        await connection.subscribe(event_filter(self.number))
        await connection.publish_one(hub_topic(self.number), self._state("online"), retain=True)
        for told in self._committed.of_partition(self.number, EPOCHS_TOLD):
            self.receipt_due(told)
        self.connected.set()

    async def _renew_link(self, connection: Connection) -> None:
        self.asking_since = monotonic()
        try:
            known = await self.store.link(self.number)
            self._link = known or ""
            if not known or not connection.session_present:
                self._link = secrets.token_hex(8)
                await self.store.renew_link(self.number, self._link)
        except StoreUnavailable as error:
            self.store_trouble = str(error)
            raise
        finally:
            self.asking_since = None
        self.store_trouble = ""

    async def _serve(self, connection: Connection) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publish_receipts(connection), name=f"receipts[{self.number}]")
                tasks.create_task(self._follow_restore(connection), name=f"restore[{self.number}]")
                tasks.create_task(_leave_receipts(connection), name=f"retained[{self.number}]")
                tasks.create_task(_end_with(connection), name=f"connection[{self.number}]")
        except* (BusUnavailable, StoreUnavailable) as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None

    async def _publish_receipts(self, connection: Connection) -> None:
        """At most every 50 ms; an open gap is named again until it is closed."""
        while True:
            await self._due_set.wait()
            self._due_set.clear()
            due = list(self._due.values())[: connection.free_slots]
            connection.publish([self._outgoing(told) for told in due])
            for told in due:
                del self._due[told.edge, told.epoch]
                if told.want:
                    self._ask_again_later(told.edge, told.epoch)
            await asyncio.sleep(RECEIPT_SECONDS)
            if self._due:  # the window was full
                self._due_set.set()

    def _ask_again_later(self, edge: str, epoch: str) -> None:
        if (edge, epoch) not in self._asking:
            self._asking.add((edge, epoch))
            asyncio.get_running_loop().call_later(WANT_SECONDS, self._ask_again, edge, epoch)

    def _ask_again(self, edge: str, epoch: str) -> None:
        self._asking.discard((edge, epoch))
        told = self._committed.find(edge, epoch)
        if told.want:
            self.receipt_due(told)

    def _outgoing(self, told: Told) -> Outgoing:
        receipt = Receipt(
            self.store.store_id, told.epoch, told.seq, told.id, self._link, told.want, format_time(now_ms())
        )
        return Outgoing(receipt_topic(told.edge), encode_json(receipt), -1, True)

    def _heard(self, messages: list[Incoming]) -> None:
        if not self._connection:
            return
        events = [message for message in messages if message.topic.startswith(_EVENTS)]
        others = [message for message in messages if not message.topic.startswith(_EVENTS)]
        for message in others:
            if message.retain:
                self._compare(message)
        self._connection.acknowledge(others)
        if events:
            self._deliver(self._connection, events)

    def _compare(self, message: Incoming) -> None:
        """A retained receipt that says more than the store knows: the store is a copy of an older one."""
        edge = message.topic.rpartition("/")[2]
        if partition_of(edge) != self.number:
            return
        try:
            receipt = _receipt(message.payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("bad receipt on the bus", extra={"edge": edge})
            return
        told = self._committed.find(edge, receipt.epoch)
        if told.seq < receipt.seq:
            log.warning(
                "the store is older than its receipts", extra={"edge": edge, "receipt_seq": receipt.seq}
            )
            self._overtaken.add((edge, receipt.epoch))
            self._restored.set()

    async def _follow_restore(self, connection: Connection) -> None:
        """A new store id, told by a new birth: terms of the old one no longer compare. Then the receipts."""
        while True:
            await self._restored.wait()
            self._restored.clear()
            await self.store.renew_store_id()
            await connection.publish_one(hub_topic(self.number), self._state("online"), retain=True)
            overtaken, self._overtaken = self._overtaken, set()
            for edge, epoch in overtaken:
                self.receipt_due(self._committed.find(edge, epoch))

    def _state(self, state: Literal["online", "offline"]) -> bytes:
        return encode_json(PartitionState(state, self.store.store_id, self.store.term, format_time(now_ms())))

    async def _leave(self, connection: Connection) -> None:
        """A clean end publishes no will: say it ourselves, if the line still stands."""
        try:
            async with asyncio.timeout(1):
                await connection.publish_one(hub_topic(self.number), self._state("offline"), retain=True)
        except (BusUnavailable, TimeoutError):
            pass  # the line is gone: the broker publishes the will
        await connection.close()


async def _leave_receipts(connection: Connection) -> None:
    """Once the retained ones are here: each receipt of ours would come back in all partitions."""
    await asyncio.sleep(RETAINED_SECONDS)
    await connection.unsubscribe(_RECEIPTS)


async def _end_with(connection: Connection) -> None:
    raise BusUnavailable(await connection.lost())

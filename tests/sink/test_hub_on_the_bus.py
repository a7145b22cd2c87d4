"""A hub on the embedded broker: its births, receipts and links, as an edge hears them."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hub.broker.accounts import BusAccount
from hub.events import hub_topic, partition_of, receipt_topic
from hub.mqtt.connection import Connection, Incoming, connect
from hub.runtime.hub import Hub
from hub.sink.partition import Partition
from hub.spool import Receipt
from hub.wire import PartitionState, encode_json
from storage.sqlite.store import SqliteStore
from tests.conformance.bus_engines import Nats
from tests.sink.arrivals import EDGE, EPOCH, id_of, message, reading

pytestmark = pytest.mark.slow
PARTITION = partition_of(EDGE)
OTHER = "f" * 16


class Ear:
    """An edge's ear: receipts and births, as they come."""

    def __init__(self) -> None:
        self.receipts: asyncio.Queue[Receipt] = asyncio.Queue()
        self.births: asyncio.Queue[PartitionState] = asyncio.Queue()
        self.connection: Connection | None = None

    def heard(self, messages: list[Incoming]) -> None:
        for each in messages:
            if each.topic == receipt_topic(EDGE):
                self.receipts.put_nowait(msgspec.json.decode(each.payload, type=Receipt))
            else:
                self.births.put_nowait(msgspec.json.decode(each.payload, type=PartitionState))
        assert self.connection is not None
        self.connection.acknowledge(messages)

    async def listen(self, engine: Nats) -> Connection:
        self.connection = await connect(
            engine.address("edge"), f"ear-{id(self)}", clean=True, on_messages=self.heard
        )
        await self.connection.subscribe(receipt_topic(EDGE), hub_topic(PARTITION))
        return self.connection

    async def receipt(self, seq: int, epoch: str = EPOCH) -> Receipt:
        """The next receipt of an epoch that says ``seq``."""
        while True:
            receipt = await self.receipts.get()
            if (receipt.epoch, receipt.seq) == (epoch, seq):
                return receipt

    async def birth(self) -> PartitionState:
        while True:
            state = await self.births.get()
            if state.state == "online":
                return state


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Nats]:
    accounts = [BusAccount(name, name * 4, publish=("#",), subscribe=("#",)) for name in ("hub", "edge")]
    broker = Nats(tmp_path / "broker", accounts)
    await broker.start()
    async with asyncio.timeout(50):
        yield broker
    await broker.stop()


@asynccontextmanager
async def hub_on(engine: Nats, path: Path) -> AsyncIterator[Hub]:
    hub = Hub(SqliteStore(path), engine.address("hub"), partitions=[PARTITION])
    await hub.open()
    running = asyncio.create_task(hub.run())
    await hub.ready()
    try:
        yield hub
    finally:
        running.cancel()
        await asyncio.wait({running})


async def publish(edge: Connection, first: int, last: int, epoch: str = EPOCH) -> None:
    for number in range(first, last + 1):
        sent = message(reading(number), number, epoch)
        await edge.publish_one(sent.topic, sent.payload)


async def test_receipts_come_back_to_a_partition_only_while_the_retained_ones_are_read(
    engine: Nats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    left = asyncio.Event()
    hear, leave = Partition._heard, Connection.unsubscribe

    def hear_and_note(partition: Partition, messages: list[Incoming]) -> None:
        heard.extend(message.topic for message in messages)
        hear(partition, messages)

    async def leave_and_tell(connection: Connection, *filters: str) -> None:
        await leave(connection, *filters)
        left.set()

    monkeypatch.setattr("hub.sink.partition.RETAINED_SECONDS", 0.01)
    monkeypatch.setattr(Partition, "_heard", hear_and_note)
    monkeypatch.setattr(Connection, "unsubscribe", leave_and_tell)
    ear = Ear()
    async with hub_on(engine, tmp_path / "store.db"):
        edge = await ear.listen(engine)
        await left.wait()
        await publish(edge, 1, 1)
        await ear.receipt(1)
        await publish(edge, 2, 2)
        await ear.receipt(2)
    assert [topic.split("/")[2] for topic in heard] == ["evt", "evt"]


async def test_receipts_follow_the_store_and_are_told_again_at_every_start(
    engine: Nats, tmp_path: Path
) -> None:
    ear = Ear()
    async with hub_on(engine, tmp_path / "store.db") as hub:
        edge = await ear.listen(engine)
        await publish(edge, 1, 3)
        receipt = await ear.receipt(3)
        assert (receipt.id, receipt.want, receipt.store) == (id_of(3), None, hub.store.store_id)
        link = receipt.link
    async with hub_on(engine, tmp_path / "store.db"):
        again = await ear.receipt(3)
        assert (again.store, again.link) == (receipt.store, link), "the broker kept our session"
    await edge.close()


async def test_gap_is_named_until_it_closes(engine: Nats, tmp_path: Path) -> None:
    ear = Ear()
    async with hub_on(engine, tmp_path / "store.db"):
        edge = await ear.listen(engine)
        await publish(edge, 1, 1)
        await publish(edge, 4, 4)
        named = 0
        while named < 4:
            named += (await ear.receipt(1)).want == (2, 3)
        await publish(edge, 2, 3)
        assert (await ear.receipt(4)).want is None
        await edge.close()


async def test_restored_store_takes_a_new_id_and_tells_its_older_receipts(
    engine: Nats, tmp_path: Path
) -> None:
    ear = Ear()
    async with hub_on(engine, tmp_path / "store.db") as hub:
        edge = await ear.listen(engine)
        await publish(edge, 1, 3)
        await ear.receipt(3)
        old_store = hub.store.store_id
    shutil.copy(tmp_path / "store.db", tmp_path / "copy.db")
    async with hub_on(engine, tmp_path / "store.db"):
        await publish(edge, 4, 6)
        await ear.receipt(6)
    async with hub_on(engine, tmp_path / "copy.db") as hub:
        while True:
            receipt = await ear.receipt(3)
            if receipt.store != old_store:
                break
        assert receipt.store == hub.store.store_id
        while (await ear.birth()).store != receipt.store:
            pass
    async with hub_on(engine, tmp_path / "copy.db"):
        assert (await ear.receipt(3)).store == receipt.store, "restored once, told once"
    await edge.close()


async def test_epoch_that_the_store_does_not_know_is_told_seq_0(engine: Nats, tmp_path: Path) -> None:
    ear = Ear()
    edge = await ear.listen(engine)
    unknown = Receipt("9" * 16, OTHER, 70, id_of(1), "9" * 16, None, "2026-01-01T00:00:00.000Z")
    await edge.publish_one(receipt_topic(EDGE), encode_json(unknown), retain=True)
    async with hub_on(engine, tmp_path / "store.db") as hub:
        receipt = await ear.receipt(0, OTHER)
        assert (receipt.id, receipt.store) == ("", hub.store.store_id)
    await edge.close()


async def test_broker_that_forgot_our_session_renews_the_link(engine: Nats, tmp_path: Path) -> None:
    ear = Ear()
    async with hub_on(engine, tmp_path / "store.db"):
        edge = await ear.listen(engine)
        await publish(edge, 1, 2)
        link = (await ear.receipt(2)).link
        await edge.close()
    await engine.stop()
    shutil.rmtree(engine.folder / "broker")
    await engine.start()
    edge = await ear.listen(engine)
    async with hub_on(engine, tmp_path / "store.db"):
        while (renewed := (await ear.receipt(2)).link) == link:
            pass
    async with hub_on(engine, tmp_path / "store.db"):
        assert (await ear.receipt(2)).link == renewed, "renewed once, and kept in the store"
    await edge.close()


async def test_term_rises_with_every_holder(engine: Nats, tmp_path: Path) -> None:
    ear = Ear()
    edge = await ear.listen(engine)
    terms = []
    for _ in range(2):
        async with hub_on(engine, tmp_path / "store.db"):
            terms.append((await ear.birth()).term)
    assert terms[0] < terms[1]
    await edge.close()

"""The hub's lists and its presence over a real broker, as an edge with alarms of its own hears them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.broker.accounts import edge_account, hub_account
from hub.clock import now_ms
from hub.errors import BusUnavailable
from hub.events import hub_topic, partition_of
from hub.lists import ALARM_ANSWERS, ALARM_RULES, PublishedList, chunk_topic
from hub.mqtt.connection import Connection, Incoming, Will, connect
from hub.runtime.hub_presence import SEEN_FILE, HubPresence
from hub.runtime.list_herald import ListHerald, Make
from hub.supervisor import FAST, keep_running
from hub.wire import PartitionState, encode_json
from tests.conformance.bus_engines import Engine, engine
from tests.fire.patience import until, until_told

pytestmark = pytest.mark.slow
EDGE = "kho-1"
TOPIC = hub_topic(partition_of(EDGE))


def state(word: str, term: int = 1, store: str = "a") -> bytes:
    return encode_json(PartitionState(word, store, term, ""))  # type: ignore[arg-type]


class Bench:
    """A broker with a hub's and an edge's account; what the edge heard."""

    def __init__(self, folder: Path, broker: Engine) -> None:
        self.folder = folder
        self.broker = broker
        self.rules: list[list[bytes]] = []
        self.answers: list[list[bytes]] = []
        self.changes: list[bool] = []
        self.published = {ALARM_RULES: [b"1"], ALARM_ANSWERS: list[bytes]()}
        lists = {name: self._maker(name) for name in self.published}
        self.herald = ListHerald(broker.address("hub"), lists)
        heard = {ALARM_RULES: self.rules.append, ALARM_ANSWERS: self.answers.append}
        self.presence = HubPresence(broker.address(EDGE), EDGE, folder, self._changed, heard, now_ms)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        runs = [
            asyncio.create_task(keep_running(each.run, name="x", retried=BusUnavailable, backoff=FAST))
            for each in (self.herald, self.presence)
        ]
        try:
            yield
        finally:
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)

    async def hub(self, will: bytes) -> Connection:
        """A hub that holds the partition."""
        made = await connect(
            self.broker.address("hub"), "hub", clean=True, will=Will(TOPIC, will), on_messages=lambda _: None
        )
        await made.publish_one(TOPIC, state("online"), retain=True)
        return made

    def _changed(self) -> None:
        self.changes.append(self.presence.there)

    def _maker(self, name: str) -> Make:
        async def make() -> PublishedList:
            return PublishedList.of(self.published[name])

        return make


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    accounts = [hub_account("hub"), edge_account(EDGE, "edge", ["kho"])]
    broker = engine("nats", tmp_path, accounts)
    await broker.start()
    yield Bench(tmp_path, broker)
    await broker.stop()


async def test_lists_are_heard_each_version_once_and_old_chunks_are_let_go(bench: Bench) -> None:
    async with bench.running():
        await until(lambda: bench.rules == [[b"1"]] and bench.answers == [[]], "both lists came")
        older = PublishedList.of([b"1"]).manifest.version
        bench.published[ALARM_RULES] = [b"1", b"2"]
        bench.herald.changed()
        await until(lambda: bench.rules == [[b"1"], [b"1", b"2"]], "the next version came")
        chunk = chunk_topic(ALARM_RULES, older, 0)
        await until_told(lambda: is_gone(bench.broker, chunk), "the old chunk is gone")
    assert bench.answers == [[]]


async def is_gone(broker: Engine, topic: str) -> bool:
    """Whether nothing is retained there: what is published behind our SUBSCRIBE comes alone."""
    heard: list[bytes] = []

    def take(messages: list[Incoming]) -> None:
        heard.extend(message.payload for message in messages)

    connection = await connect(broker.address("hub"), "look", clean=True, on_messages=take)
    try:
        await connection.subscribe(topic)
        await connection.publish_one(topic, b"end")
        await until(lambda: b"end" in heard, "the end came")
    finally:
        await connection.close()
    return heard == [b"end"]


async def test_the_hub_is_there_from_its_birth_to_its_will(bench: Bench) -> None:
    async with bench.running():
        hub = await bench.hub(state("offline"))
        await until(lambda: bench.presence.there, "the hub is there")
        assert bench.presence.away_ms == 0
        await hub.publish_one(TOPIC, state("offline", term=0), retain=True)  # of one that was replaced
        await hub.publish_one(TOPIC, b"{", retain=False)
        await hub.publish_one(TOPIC, state("offline"), retain=True)
        await until(lambda: not bench.presence.there, "the hub is away")
        await hub.publish_one(TOPIC, state("online", term=2), retain=True)
        await until(lambda: bench.presence.there, "the next one is there")
        await bench.broker.stop()
        await until(lambda: not bench.presence.there, "the line is down")
        await hub.close()
    assert bench.changes == [True, False, True, False]


async def test_when_it_was_seen_last_outlives_a_kill(bench: Bench) -> None:
    async with bench.running():
        hub = await bench.hub(state("offline"))
        await until(lambda: bench.presence.there, "the hub is there")
        marking = asyncio.create_task(bench.presence.mark())
        await until((bench.folder / SEEN_FILE).exists, "it is written down")
        marking.cancel()
        with suppress(asyncio.CancelledError):
            await marking
        await hub.close()
    seen_ms = int((bench.folder / SEEN_FILE).stat().st_mtime * 1000)
    later_ms = seen_ms + 3_600_000
    again = HubPresence(bench.broker.address(EDGE), EDGE, bench.folder, lambda: None, {}, lambda: later_ms)
    assert (again.away_ms, again.running_ms) == (3_600_000, 0)

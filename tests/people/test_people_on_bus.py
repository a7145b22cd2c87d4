"""Lists of people over a real broker: from the hub's files to an edge that looks people up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from hub.broker.accounts import edge_account, hub_account
from hub.clock import now_ms
from hub.edge.people_kept import DAY_MS, PeopleKept
from hub.edge.people_line import PeopleLine
from hub.errors import BusUnavailable
from hub.lists import CHUNK_BYTES, chunk_topic, manifest_topic
from hub.mqtt.connection import BrokerRefusal, connect
from hub.people.list_file import body_head, write_list
from hub.people.records import PEOPLE_LISTS, RECORD_BYTES, PeopleListName, body_of, key_of, name_of
from hub.pseudonyms import KeyedPseudonyms
from hub.runtime.list_herald import ListHerald, Make
from hub.runtime.people_shelf import PeopleShelf
from hub.supervisor import FAST, keep_running
from tests.conformance.bus_engines import Engine, engine
from tests.fire.patience import until

pytestmark = pytest.mark.slow
EDGE = "cong-1"
KEYED = KeyedPseudonyms(b"p" * 32, weak=False)


def somebody(number: int) -> str:
    return KEYED.person("vnid", f"{number:012}")


class Bench:
    """A broker, a hub's shelf with its herald, and an edge's lists; ``clock_ms`` is that of both."""

    def __init__(self, folder: Path, broker: Engine) -> None:
        self.broker = broker
        self.edge_folder = folder / "edge"
        self.ahead_ms = 0
        self.shelf = PeopleShelf(folder / "hub", self.clock)
        lists: dict[str, Make] = {name: partial(self.shelf.published, name) for name in PEOPLE_LISTS}
        self.herald = ListHerald(broker.address("hub"), lists)

    def clock(self) -> int:
        return now_ms() + self.ahead_ms

    def put(self, *numbers: int, key: str | None = None, name: PeopleListName = "watch") -> None:
        """The hub's list is another one."""
        entries = {name_of(somebody(number)) or b"": 1 for number in numbers}
        body = body_of(entries)
        write_list(self.shelf.path(name), body_head(body, self.clock(), key), [body])
        self.herald.changed()

    async def edge(self) -> PeopleKept:
        """As it is after a start."""
        kept = PeopleKept(self.edge_folder, KEYED.key_id, self.clock)
        await kept.open()
        kept.of("watch")
        return kept

    @asynccontextmanager
    async def running(self, kept: PeopleKept) -> AsyncIterator[None]:
        line = PeopleLine(self.broker.address(EDGE), EDGE, kept, self.clock)
        herald = keep_running(self.herald.run, name="herald", retried=BusUnavailable, backoff=FAST)
        runs = [asyncio.create_task(each) for each in (herald, line.serve())]
        try:
            yield
        finally:
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    broker = engine("nats", tmp_path, [hub_account("hub"), edge_account(EDGE, "edge", ["cong"])])
    await broker.start()
    yield Bench(tmp_path, broker)
    await broker.stop()


async def test_each_version_is_looked_up_as_soon_as_it_is_whole(bench: Bench) -> None:
    many = range(3 * CHUNK_BYTES // RECORD_BYTES)  # four chunks
    kept = await bench.edge()
    watch = kept.of("watch")
    assert (watch.version, watch.received_ms, watch.find(somebody(1))) == ("", 0, None)
    assert kept.troubles() == ["watch: none came yet"]
    bench.put(*many)
    async with bench.running(kept):
        await until(lambda: watch.find(somebody(1)) == 1, "the list came")
        assert [watch.find(somebody(number)) for number in (0, many[-1], len(many))] == [1, 1, None]
        first = watch.version
        bench.put(7)
        await until(lambda: watch.version != first, "the next one came")
        assert [watch.find(somebody(number)) for number in (0, 7)] == [None, 1]
        assert kept.troubles() == []
        assert 0 <= now_ms() - watch.received_ms < DAY_MS
        bench.put()
        await until(lambda: watch.find(somebody(7)) is None, "nobody is on it any more")
        assert watch.version


async def test_all_lists_of_many_chunks_reach_one_edge(bench: Bench) -> None:
    """A session of the broker may have six subscriptions at QoS 1."""
    many = range(5 * CHUNK_BYTES // RECORD_BYTES)
    kept = await bench.edge()
    lists = [kept.of(name) for name in PEOPLE_LISTS]
    for each in lists:
        bench.put(*many, name=each.name)
    async with bench.running(kept):
        await until(lambda: all(each.version for each in lists), "all came")
    assert [each.find(somebody(many[-1])) is None for each in lists] == [False] * len(lists)


async def test_it_outlives_a_start_without_the_hub_for_thirty_days(bench: Bench) -> None:
    kept = await bench.edge()
    bench.put(7)
    async with bench.running(kept):
        await until(lambda: kept.of("watch").find(somebody(7)) == 1, "the list came")
    bench.ahead_ms = 30 * DAY_MS
    again = await bench.edge()
    assert (again.of("watch").find(somebody(7)), again.troubles()) == (1, [])
    bench.ahead_ms = 31 * DAY_MS
    assert (again.of("watch").find(somebody(7)), again.of("watch").version) == (None, "")
    assert again.troubles() == ["watch: too old to be used"]
    assert again.told()[0]["count"] == 1, "what it was is still told"


async def test_a_list_that_stays_the_same_gets_new_days(bench: Bench) -> None:
    kept = await bench.edge()
    bench.put(7)
    async with bench.running(kept):
        await until(lambda: kept.of("watch").find(somebody(7)) == 1, "the list came")
        head = kept.of("watch").head
        assert head
        assert head.expires_ms
        bench.ahead_ms = 40 * DAY_MS
        assert kept.troubles()
        bench.herald.changed()
        await until(lambda: kept.troubles() == [], "it was said again")
    again = await bench.edge()
    assert (again.of("watch").find(somebody(7)), again.of("watch").version) == (1, head.version)


async def test_a_list_under_another_key_is_told_and_finds_nobody(bench: Bench) -> None:
    kept = await bench.edge()
    bench.put(7, key="00000000")
    async with bench.running(kept):
        await until(lambda: kept.troubles() == ["watch: made under another key"], "it was looked at")
        assert (kept.of("watch").find(somebody(7)), kept.of("watch").version) == (None, "")
        bench.put(7, key=key_of(somebody(7)))
        await until(lambda: kept.of("watch").find(somebody(7)) == 1, "ours came")


async def test_what_is_not_whole_or_not_true_is_not_taken(bench: Bench) -> None:
    kept = await bench.edge()
    bench.put(7)
    async with bench.running(kept):
        await until(lambda: kept.of("watch").find(somebody(7)) == 1, "the list came")
        version, forged = kept.of("watch").version, "f" * 16
        hub = await connect(bench.broker.address("hub"), "forger", clean=True, on_messages=lambda _: None)
        await hub.publish_one(chunk_topic("watch", forged, 0), bytes(RECORD_BYTES), retain=True)
        manifest = b'{"version":"%b","count":1,"sha256":"%b","chunks":1,"expires":null}'
        told = manifest % (forged.encode(), forged.encode() * 4)
        await hub.publish_one(manifest_topic("watch"), told, retain=True)
        await until(lambda: kept.troubles() == ["watch: the list was damaged"], "it was looked through")
        assert (kept.of("watch").find(somebody(7)), kept.of("watch").version) == (1, version)
        await hub.close()


async def test_only_the_hub_may_publish_one(bench: Bench) -> None:
    heard: list[bytes] = []
    hub = await connect(
        bench.broker.address("hub"),
        "look",
        clean=True,
        on_messages=lambda messages: heard.extend(message.payload for message in messages),
    )
    await hub.subscribe(manifest_topic("watch"))
    edge = await connect(bench.broker.address(EDGE), "edge", clean=True, on_messages=lambda _: None)
    try:
        async with asyncio.timeout(10):
            await edge.publish_one(manifest_topic("watch"), b"forged", retain=True)
    except (BusUnavailable, BrokerRefusal, TimeoutError):
        pass  # closed, or never acknowledged: brokers differ
    await hub.publish_one(manifest_topic("watch"), b"true")
    await until(lambda: b"true" in heard, "the hub's came")
    assert heard == [b"true"]
    await edge.close()
    await hub.close()

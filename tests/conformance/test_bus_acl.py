"""The accounts that ``epihub bus acl`` prints, in brokers that are not ours: all that is needed, no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from hub.broker.accounts import BusAccount, edge_account, hub_account
from hub.broker.acl import rabbitmq_queues
from hub.broker.roster import of_other_broker
from hub.config.loader import parse
from hub.edge import standstill
from hub.edge.edge import Edge, EdgeSettings
from hub.errors import BusUnavailable
from hub.metrics import render
from hub.mqtt.connection import connect
from hub.runtime import health_and_metrics
from hub.runtime.health_and_metrics import Observer
from hub.runtime.hub import Hub
from storage.sqlite.store import SqliteStore
from tests.conformance.bus_clients import Inbox
from tests.conformance.bus_engines import Engine, answers, engine
from tests.conformance.rabbitmq import RabbitMq, RabbitServer, rabbit_server
from tests.fire.patience import until, until_told
from tests.spool.parts import every_row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # RabbitMQ takes its time to start

CONFIG = """\
[hub]
name = "dong-nai"
[edge]
id = "center"
[bus]
url = "mqtts://broker.example"
username = "hub"
password = { env = "EPIHUB_TEST" }
[[bus.edge]]
id = "edge-2"
password = { env = "EPIHUB_TEST" }
[[bus.edge]]
id = "edge-3"
password = { env = "EPIHUB_TEST" }
sites = ["kho"]
[[bus.user]]
name = "fridges"
password = { env = "EPIHUB_TEST" }
publish = ["zigbee2mqtt/#"]
[[site]]
id = "kho"
name = "Kho vắc xin"
kind = "vaccine-store"
district = "732"
[[site]]
id = "bv"
name = "Bệnh viện"
kind = "hospital"
district = "731"
"""
OWN = {"edge-2": "epihub/v1/evt/p09/bv/edge-2/d/x", "edge-3": "epihub/v1/evt/p15/kho/edge-3/d/x"}
FORBIDDEN = [
    ("edge-2", "epihub/v1/receipt/edge-2"),
    ("edge-2", "epihub/v1/receipt/edge-3"),
    ("edge-2", "epihub/v1/hub/p09"),
    ("edge-2", "epihub/v1/list/watch"),
    ("edge-2", "epihub/v1/cmd/bv/edge-2/d"),
    ("edge-2", "epihub/v1/cmd/kho/edge-3/d"),
    ("edge-2", "epihub/v1/evt/p15/kho/edge-3/d/x"),
    ("edge-2", "epihub/v1/evt/p00/bv/hub/d/x"),
    ("edge-2", "epihub/v1/state/kho/edge-3"),
    ("edge-2", "zigbee2mqtt/fridge"),
    ("edge-3", "epihub/v1/evt/p15/bv/edge-3/d/x"),
    ("edge-3", "epihub/v1/state/bv/edge-3"),
    ("fridges", "epihub/v1/evt/p09/bv/edge-2/d/x"),
    ("fridges", "epihub/v1/receipt/edge-2"),
]
EVENTS = 50
MOUTHS = count()


@pytest.fixture(scope="module")
def accounts() -> list[BusAccount]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPIHUB_TEST", "a long secret")
        return of_other_broker(parse(CONFIG, "epihub.toml"))


@pytest.fixture(scope="module")
def rabbit_of_module(
    tmp_path_factory: pytest.TempPathFactory, accounts: list[BusAccount]
) -> Iterator[RabbitServer]:
    with rabbit_server(tmp_path_factory.mktemp("rabbitmq"), accounts, rabbitmq_queues, vhosts=2) as server:
        yield server


@pytest.fixture
async def rabbit(rabbit_of_module: RabbitServer, tmp_path: Path) -> RabbitMq:
    """With the queues that each account has by its client ids, as well."""
    rabbit = RabbitMq(rabbit_of_module, tmp_path)
    await rabbit.start()
    return rabbit


@pytest.fixture(params=["other nats", "mosquitto"])
def bus(request: pytest.FixtureRequest, tmp_path: Path, accounts: list[BusAccount]) -> Engine:
    return engine(request.param, tmp_path / "broker", accounts)


@asynccontextmanager
async def running(bus: Engine) -> AsyncIterator[Engine]:
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


@asynccontextmanager
async def listening(bus: Engine, name: str, *filters: str) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    connection = await connect(bus.address(name), f"ear-of-{name}", clean=True, on_messages=inbox.take)
    inbox.connection = connection
    for each in filters:
        await connection.subscribe(each)
    yield inbox
    await connection.close()


async def say(bus: Engine, name: str, topic: str, payload: bytes = b"said") -> None:
    """On a line of its own: mosquitto closes it after what is forbidden, NATS dislikes quick returns."""
    mouth = f"mouth-{next(MOUTHS)}"
    connection = await connect(bus.address(name), mouth, clean=True, on_messages=lambda _: None)
    await connection.publish_one(topic, payload)
    await connection.close()


async def test_nobody_says_what_is_not_its_own(bus: Engine) -> None:
    async with running(bus), listening(bus, "hub", "epihub/v1/#", "zigbee2mqtt/#") as heard:
        for name, topic in FORBIDDEN:
            await say(bus, name, topic, b"forged")
        for name, topic in [*OWN.items(), ("fridges", "zigbee2mqtt/fridge")]:
            await say(bus, name, topic)
        await heard.count(3)
        assert {each.topic for each in heard.messages} == {*OWN.values(), "zigbee2mqtt/fridge"}
        assert set(heard.payloads) == {b"said"}


@pytest.mark.parametrize(
    "wide",
    ["epihub/v1/#", "epihub/v1/cmd/#", "epihub/v1/cmd/kho/edge-3/#", "epihub/v1/evt/#", "zigbee2mqtt/#"],
)
async def test_an_edge_hears_no_others_commands(bus: Engine, wide: str) -> None:
    async with running(bus), listening(bus, "edge-2", "epihub/v1/cmd/+/edge-2/+") as heard:
        assert heard.connection is not None
        if bus.says_no_by == "suback":
            with pytest.raises(BusUnavailable, match="refused"):
                await heard.connection.subscribe(wide)
        else:
            await heard.connection.subscribe(wide)
        await say(bus, "hub", "epihub/v1/cmd/kho/edge-3/d", b"for edge-3")
        await say(bus, "edge-3", OWN["edge-3"], b"of edge-3")
        await say(bus, "fridges", "zigbee2mqtt/fridge", b"of the fridge")
        await say(bus, "hub", "epihub/v1/cmd/bv/edge-2/d", b"for edge-2")
        await heard.count(1)
        assert heard.payloads == [b"for edge-2"]


@asynccontextmanager
async def hub_on(bus: Engine, path: Path) -> AsyncIterator[Hub]:
    hub = Hub(SqliteStore(path), bus.address("hub"))
    await hub.open()
    task = asyncio.create_task(hub.run())
    await hub.ready()
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def edge_on(bus: Engine, folder: Path, name: str, site: str, account: str = "") -> AsyncIterator[Edge]:
    address = bus.address(account or name)
    settings = EdgeSettings(name, site, "1", folder / f"{name}.db", folder / name, address)
    edge = Edge(settings, (), lambda _: pytest.fail("there is no device"))
    await edge.open()
    task = asyncio.create_task(edge.run())
    try:
        yield edge
    finally:
        task.cancel()
        await asyncio.wait({task})


def waiting(edge: Edge) -> int:
    return edge.spool.figures().waiting


async def test_the_hubs_client_id_gives_an_edge_none_of_its_messages(bus: Engine) -> None:
    """mosquitto drops what it may not deliver to the thief, and the edges send it again; NATS keeps it."""
    async with running(bus):
        session = await connect(bus.address("hub"), "epihub-hub-p15", clean=False, on_messages=lambda _: None)
        await session.subscribe("epihub/v1/evt/p15/#")
        await session.close()
        await say(bus, "edge-3", OWN["edge-3"], b"of edge-3")
        stolen = Inbox()
        thief = await connect(bus.address("edge-2"), "epihub-hub-p15", clean=False, on_messages=stolen.take)
        stolen.connection = thief
        assert thief.session_present
        await thief.subscribe("epihub/v1/receipt/edge-2")
        await say(bus, "edge-3", OWN["edge-3"], b"of edge-3 again")
        await say(bus, "hub", "epihub/v1/receipt/edge-2", b"its own")
        await stolen.count(1)
        assert stolen.payloads == [b"its own"]
        await thief.close()


async def test_rabbitmq_keeps_the_hubs_client_ids_for_the_hub(rabbit: RabbitMq) -> None:
    hub, edge = rabbit.address("hub"), rabbit.address("edge-2")
    session = await connect(hub, "epihub-hub-p15", clean=False, on_messages=lambda _: None)
    await session.subscribe("epihub/v1/evt/p15/#")
    await session.close()
    with pytest.raises(BusUnavailable):
        await connect(edge, "epihub-hub-p15", clean=False, on_messages=lambda _: None)


async def test_nats_takes_a_hash_for_a_password(tmp_path: Path) -> None:
    known = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"  # of "abc"
    bus = engine("other nats", tmp_path / "broker", [hub_account("p" * 10), edge_account("edge-2", known)])
    async with running(bus):
        address = bus.address("edge-2")
        assert await answers(replace(address, password="abc"))
        assert not await answers(address)


async def test_edges_and_hub_have_all_they_need(bus: Engine, tmp_path: Path) -> None:
    await converge(bus, tmp_path)


async def test_rabbitmq_gives_them_all_they_need(rabbit: RabbitMq, tmp_path: Path) -> None:
    await converge(rabbit, tmp_path)


async def converge(bus: Engine, tmp_path: Path) -> None:
    """Events of all edges get their receipts, and a command its answer."""
    async with (
        running(bus),
        hub_on(bus, tmp_path / "store.db") as hub,
        edge_on(bus, tmp_path, "edge-2", "bv") as second,
        edge_on(bus, tmp_path, "edge-3", "kho") as third,
        edge_on(bus, tmp_path, "center", "bv", "hub") as own,  # one account for all on the hub's machine
    ):
        edges = (second, third, own)
        for edge in edges:
            tell(edge)
        await until(lambda: all(edge.spool.figures().receipted >= EVENTS for edge in edges), "all receipts")
        ended = await hub.command("bv", "edge-2", "edge", "quarantine.discard", {"capture": "no"}, "tester")
        assert ended.outcome == "refused"


def tell(edge: Edge) -> None:
    for number in range(EVENTS):
        edge.voice.alarm("acl.test", "info", f"number {number}")


async def test_a_denied_edge_is_seen_by_its_receipts_and_loses_nothing(
    bus: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brokers acknowledge what they may not pass on: only the receipt that does not come tells it."""
    monkeypatch.setattr(standstill, "STANDSTILL_SECONDS", 0.2)
    monkeypatch.setattr(health_and_metrics, "RECEIPT_PATIENCE_SECONDS", 0.5)
    right = bus.accounts["edge-2"]
    states = tuple(each for each in right.publish if "/evt/" not in each)
    bus.accounts["edge-2"] = replace(right, publish=states)
    async with hub_and_edge(bus, tmp_path) as (hub, edge):
        observer = Observer("edge", edge, None)
        async with running(bus):
            await hub.ready()
            tell(edge)
            await until(lambda: "no receipt of the hub moves" in bus_trouble(observer), "health says so")
            assert 'component_state{process="edge",component="bus"} 1' in render(observer.registry.snapshot())
            await until_told(lambda: is_alarmed(edge), "an alarm", 20)
            assert hub.sink.counters.delivered == 0
            assert edge.spool.figures().waiting == edge.spool.figures().spooled >= EVENTS
        bus.accounts["edge-2"] = right
        async with running(bus):
            await until(lambda: not edge.spool.figures().waiting, "everything has its receipt")
            assert hub.sink.counters.stored == edge.spool.figures().spooled
            assert edge.spool.figures().skipped == hub.sink.counters.quarantined == 0
            await until(lambda: not bus_trouble(observer), "health again")


@asynccontextmanager
async def hub_and_edge(bus: Engine, folder: Path) -> AsyncIterator[tuple[Hub, Edge]]:
    """Both wait for a broker."""
    hub = Hub(SqliteStore(folder / "store.db"), bus.address("hub"))
    await hub.open()
    task = asyncio.create_task(hub.run())
    try:
        async with edge_on(bus, folder, "edge-2", "bv") as edge:
            yield hub, edge
    finally:
        task.cancel()
        await asyncio.wait({task})


async def is_alarmed(edge: Edge) -> bool:
    return any(b"receipt.stalled" in row.body for row in await every_row(edge.spool))


def bus_trouble(observer: Observer) -> str:
    """Why the bus is not well, "" when it is."""
    return str(observer.report()["components"]["bus"]["reason"])

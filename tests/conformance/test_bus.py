"""What epihub relies on in a broker, over every broker that it is documented to work with."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from hub.broker.accounts import edge_account, hub_account
from hub.errors import BusUnavailable
from hub.mqtt.connection import BrokerRefusal, Connection, Incoming, Outgoing, Unsendable, Will, connect
from tests.conformance.bus_clients import Inbox, dial, stranger
from tests.conformance.bus_engines import Engine, engine
from tests.conformance.rabbitmq import RabbitMq, RabbitServer, rabbit_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # RabbitMQ takes its time to start

EVENTS = "epihub/v1/evt/p07/bv-thong-nhat/edge-1/genexpert-01/lab-result-v1"
STATE = "epihub/v1/state/bv-thong-nhat/edge-1"
CONSUMER = "hub-p07"
NO = {"suback": "subscription", "hanging up": "closed by the broker"}  # to a forbidden subscription


ACCOUNTS = (hub_account("hub-password"), edge_account("edge-1", "edge-password"))


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    with rabbit_server(tmp_path_factory.mktemp("rabbitmq"), ACCOUNTS) as server:
        yield server


@pytest.fixture(params=["nats", "mosquitto", "rabbitmq"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    if request.param == "rabbitmq":
        bus: Engine = RabbitMq(request.getfixturevalue("rabbit"), tmp_path)
    else:
        bus = engine(request.param, tmp_path, ACCOUNTS)
    await bus.start()
    yield bus
    await bus.stop()


def nothing(_messages: list[Incoming]) -> None:
    """For connections that only publish."""


@asynccontextmanager
async def consumer(
    bus: Engine, inbox: Inbox, *filters: str, clean: bool = False
) -> AsyncIterator[Connection]:
    connection = await dial(bus.address("hub"), CONSUMER, clean=clean, on_messages=inbox.take)
    inbox.connection = connection
    if filters:
        await connection.subscribe(*filters)
    yield connection
    await connection.close()


@asynccontextmanager
async def edge(bus: Engine, client_id: str = "edge-1", will: Will | None = None) -> AsyncIterator[Connection]:
    connection = await dial(bus.address("edge-1"), client_id, clean=True, will=will, on_messages=nothing)
    yield connection
    await connection.close()


class Publisher:
    """An edge that publishes until all is acknowledged or the line is lost.

    published: indexes of the acknowledged payloads; underway: set after 2,000 of them.
    """

    def __init__(self, bus: Engine, payloads: list[bytes], window: int = 200) -> None:
        self.bus = bus
        self.payloads = payloads
        self.window = window
        self.published: list[int] = []
        self.underway = asyncio.Event()
        self._room = asyncio.Event()

    async def run(self) -> list[int]:
        connection = await dial(
            self.bus.address("edge-1"),
            "edge-1",
            clean=True,
            window=self.window,
            on_messages=nothing,
            on_published=self._note,
        )
        loss = asyncio.ensure_future(connection.lost())
        loss.add_done_callback(lambda _: self._room.set())
        with suppress(BusUnavailable):  # lost between two batches
            await self._publish(connection, loss)
        await connection.close()
        await loss
        return self.published

    async def _publish(self, connection: Connection, loss: "asyncio.Future[str]") -> None:
        sent = 0
        while len(self.published) < len(self.payloads) and not loss.done():
            self._room.clear()
            batch = range(sent, min(sent + connection.free_slots, len(self.payloads)))
            connection.publish([Outgoing(EVENTS, self.payloads[each], each) for each in batch])
            sent = batch.stop
            await self._room.wait()

    def _note(self, tokens: list[int]) -> None:
        self.published += tokens
        self._room.set()
        if len(self.published) >= 2000:
            self.underway.set()


async def publish_all(bus: Engine, payloads: list[bytes]) -> list[int]:
    return await Publisher(bus, payloads).run()


async def test_a_persistent_session_queues_what_comes_while_we_are_away(bus: Engine) -> None:
    async with consumer(bus, Inbox(), "epihub/v1/evt/p07/#") as connection:
        assert not connection.session_present
    payloads = [b"%d" % each for each in range(5000)]
    assert len(await publish_all(bus, payloads)) == 5000
    inbox = Inbox()
    async with consumer(bus, inbox) as connection:
        assert connection.session_present
        await inbox.count(5000)
    assert inbox.payloads == payloads


async def test_a_clean_session_forgets(bus: Engine) -> None:
    async with consumer(bus, Inbox(), "epihub/v1/evt/p07/#"):
        pass
    async with consumer(bus, Inbox(), clean=True):
        pass
    async with consumer(bus, Inbox()) as connection:
        assert not connection.session_present


async def test_what_we_did_not_acknowledge_comes_again(bus: Engine) -> None:
    inbox = Inbox(hold=True)
    async with consumer(bus, inbox, "epihub/v1/evt/p07/#") as connection:
        await publish_all(bus, [b"%d" % each for each in range(10)])
        await inbox.count(10)
        connection.acknowledge([each for each in inbox.messages if each.payload in (b"1", b"3")])
        await flushed(connection)
    again = Inbox()
    async with consumer(bus, again):
        await again.until(lambda: len(set(again.payloads)) >= 8)
    assert set(again.payloads) == {b"0", b"2", b"4", b"5", b"6", b"7", b"8", b"9"}


async def flushed(connection: Connection) -> None:
    """The broker reads in order: once it answers this, it has read everything before."""
    await connection.subscribe("epihub/v1/list/nothing")


async def test_a_forbidden_subscription_delivers_nothing(bus: Engine) -> None:
    inbox = Inbox()
    snoop = await connect(bus.address("edge-1"), "snoop", clean=True, on_messages=inbox.take)
    inbox.connection = snoop
    if bus.says_no_by == "silence":
        await snoop.subscribe("epihub/v1/#")
    else:
        for forbidden in ("epihub/v1/#", "epihub/v1/evt/#", "#", "$MQTT/sub/#", "epihub/v1/receipt/edge-2"):
            async with edge(bus, f"snoop-at-{len(forbidden)}") as other:
                with pytest.raises(BusUnavailable, match=NO[bus.says_no_by]):
                    await other.subscribe(forbidden)
    await snoop.subscribe("epihub/v1/receipt/edge-1")
    await publish_all(bus, [b"secret"])
    async with consumer(bus, Inbox()) as hub:
        await hub.publish_one("epihub/v1/receipt/edge-1", b"{}")
    await inbox.count(1)
    assert inbox.payloads == [b"{}"]
    await snoop.close()


@pytest.mark.parametrize(
    "forged", [EVENTS.replace("edge-1", "edge-2"), "epihub/v1/receipt/edge-1", "epihub/v1/cmd/s/edge-1/d"]
)
async def test_an_edge_cannot_speak_for_another(bus: Engine, forged: str) -> None:
    inbox = Inbox()
    async with consumer(bus, inbox, "epihub/v1/#"):
        async with edge(bus) as connection:
            # Most acknowledge and drop it [MQTT-3.3.5-2]; mosquitto 2.0 then closes the line as well.
            with (
                nullcontext() if bus.acknowledges_forbidden else pytest.raises(BusUnavailable, match="closed")
            ):
                await connection.publish_one(forged, b"forged")
        async with edge(bus) as connection:
            await connection.publish_one(EVENTS, b"true")
        await inbox.count(1)
    assert inbox.payloads == [b"true"]


async def test_a_wrong_password_is_refused(bus: Engine) -> None:
    bus.accounts["edge-1"] = edge_account("edge-1", "wrong-password")
    with pytest.raises(BrokerRefusal) as caught:
        await connect(bus.address("edge-1"), "edge-1", clean=True, on_messages=nothing)
    assert caught.value.code in (4, 5)
    assert "wrong-password" not in str(caught.value)


async def test_retained_state_reaches_who_comes_late(bus: Engine) -> None:
    async with edge(bus) as connection:
        await connection.publish_one(STATE, b"old", retain=True)
        await connection.publish_one(STATE, b"online", retain=True)
    inbox = Inbox()
    async with consumer(bus, inbox, retained_states(bus)):
        await inbox.count(1)
    assert [(each.payload, each.retain) for each in inbox.messages] == [(b"online", True)]


def retained_states(bus: Engine) -> str:
    return "epihub/v1/state/#" if bus.retains_for_wildcards else STATE


async def test_the_will_is_published_and_retained_when_an_edge_vanishes(bus: Engine) -> None:
    inbox = Inbox()
    async with consumer(bus, inbox, "epihub/v1/state/#"):
        async with edge(bus, will=Will(STATE, b"offline")) as connection:
            await connection.publish_one(STATE, b"online", retain=True)
            vanish(connection)
            await connection.lost()
        await inbox.count(2)
    late = Inbox()
    async with consumer(bus, late, retained_states(bus), clean=True):
        await late.count(1)
    assert inbox.payloads == [b"online", b"offline"]
    assert late.payloads == [b"offline"]


def vanish(connection: Connection) -> None:
    """End the line as a crash does: without DISCONNECT."""
    assert connection._transport is not None
    connection._transport.abort()


async def test_the_will_is_not_published_on_a_clean_close(bus: Engine) -> None:
    inbox = Inbox()
    async with consumer(bus, inbox, "epihub/v1/state/#"):
        async with edge(bus, will=Will(STATE, b"offline")):
            pass
        async with edge(bus, "edge-1-again") as connection:
            await connection.publish_one(STATE, b"marker")
        await inbox.count(1)
    assert inbox.payloads == [b"marker"]


@pytest.mark.parametrize("topic", ["epihub/v1/evt/\0", "x" * 65_536, "epihub/v1/evt/+", ""])
async def test_what_mqtt_cannot_carry_never_reaches_the_broker(bus: Engine, topic: str) -> None:
    async with edge(bus) as connection:
        with pytest.raises(Unsendable):
            connection.publish([Outgoing(topic, b"", 1)])
        with pytest.raises(Unsendable):
            await connection.publish_one(EVENTS, bytes(2 * 1024 * 1024))
        await connection.publish_one(EVENTS, b"the line is still good")


async def test_the_largest_event_passes(bus: Engine) -> None:
    inbox = Inbox()
    async with consumer(bus, inbox, "epihub/v1/evt/p07/#"), edge(bus) as connection:
        await connection.publish_one(EVENTS, bytes(256 * 1024))
        await inbox.count(1)
    assert len(inbox.payloads[0]) == 256 * 1024


async def test_a_killed_broker_delivers_everything_it_acknowledged(bus: Engine) -> None:
    if not bus.survives_kill:
        pytest.skip("mosquitto keeps nothing of the last second; docs/bus.md says so")
    async with consumer(bus, Inbox(), "epihub/v1/evt/p07/#"):
        pass
    publisher = Publisher(bus, [b"%d" % each for each in range(100_000)], window=5000)
    publishing = asyncio.ensure_future(publisher.run())
    await publisher.underway.wait()
    await bus.kill()
    published = await publishing
    assert 2000 <= len(published) < 95_000  # it was killed with the window full
    await bus.start()
    inbox = Inbox()
    async with consumer(bus, inbox) as connection:
        assert connection.session_present
        await inbox.count(len(published))
        await inbox.until(lambda: {b"%d" % each for each in published} <= set(inbox.payloads))


async def test_paho_and_we_understand_each_other(bus: Engine) -> None:
    inbox = Inbox()
    address = bus.address("edge-1")
    with stranger("stranger", bus.port, address.username, address.password) as other:
        async with consumer(bus, inbox, "epihub/v1/evt/p07/#") as connection:
            await other.subscribe("epihub/v1/receipt/edge-1")
            for each in range(30):
                await other.publish(EVENTS, b"%d" % each)
                await connection.publish_one("epihub/v1/receipt/edge-1", b"%d" % each)
            await inbox.count(30)
            await other.count(30)
    expected = [b"%d" % each for each in range(30)]
    assert inbox.payloads == expected
    assert [each.payload for each in other.messages] == expected


async def test_the_second_with_a_client_id_ends_the_first(bus: Engine) -> None:
    inbox = Inbox()
    async with consumer(bus, Inbox(), "epihub/v1/evt/p07/#") as first, consumer(bus, inbox) as second:
        async with asyncio.timeout(60):
            assert "closed" in await first.lost() or "reset" in await first.lost()
        assert second.session_present
        await publish_all(bus, [b"for the second"])
        await inbox.count(1)

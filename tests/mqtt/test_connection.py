"""One connection's life, told by a broker that misbehaves on purpose."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from hub.errors import BusUnavailable
from hub.mqtt.connection import (
    BrokerAddress,
    BrokerRefusal,
    Connection,
    Incoming,
    Outgoing,
    Unsendable,
    Will,
    connect,
)
from hub.mqtt.packets import encode_pubacks, encode_publish
from tests.mqtt.scripted_broker import SESSION_PRESENT, Peer, ScriptedBroker

Received = asyncio.Queue[list[Incoming]]
Published = asyncio.Queue[list[int]]


class Line:
    """A connection, what came by it, and the broker's end."""

    def __init__(self) -> None:
        self.received: Received = asyncio.Queue()
        self.published: Published = asyncio.Queue()
        self.early = 0  # calls that came before connect() returned
        self.connection: Connection
        self.peer: Peer

    async def open(self, broker: ScriptedBroker, answer: bytes = b"\x20\x02\x00\x00", **options: Any) -> None:
        address = BrokerAddress("127.0.0.1", broker.port, "edge-1", "geheim")
        answering = asyncio.ensure_future(broker.peer(answer))
        self.connection = await connect(
            address,
            "edge-1",
            clean=True,
            on_messages=self.received.put_nowait,
            on_published=self.published.put_nowait,
            **options,
        )
        self.early = self.received.qsize()
        self.peer = await answering


@pytest.fixture
async def broker() -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker() as broker:
        yield broker


@pytest.fixture
async def line(broker: ScriptedBroker) -> AsyncIterator[Line]:
    line = Line()
    await line.open(broker, window=3)
    yield line
    line.peer.vanish()
    await line.connection.lost()


async def refused(attempt: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(BusUnavailable) as caught:
        await attempt
    assert "geheim" not in str(caught.value)
    return str(caught.value)


def quiet(_messages: list[Incoming]) -> None:
    pass


@pytest.mark.parametrize(
    ("code", "words"), [(1, "3.1.1"), (2, "client id"), (3, "not ready"), (4, "password"), (5, "not let in")]
)
async def test_a_refusal_is_told_in_words(broker: ScriptedBroker, code: int, words: str) -> None:
    address = BrokerAddress("127.0.0.1", broker.port, "edge-1", "geheim")
    answering = asyncio.ensure_future(broker.peer(bytes((0x20, 2, 0, code))))
    with pytest.raises(BrokerRefusal, match=words) as caught:
        await connect(address, "edge-1", clean=True, on_messages=quiet)
    assert caught.value.code == code
    await answering


async def test_nobody_on_the_port(broker: ScriptedBroker) -> None:
    address = BrokerAddress("127.0.0.1", broker.port)
    await broker.__aexit__(None, None, None)
    assert f"127.0.0.1:{broker.port}" in await refused(connect(address, "c", clean=True, on_messages=quiet))


async def test_a_port_that_never_answers(broker: ScriptedBroker) -> None:
    address = BrokerAddress("127.0.0.1", broker.port, "edge-1", "geheim")
    attempt = connect(address, "c", clean=True, on_messages=quiet, connect_timeout_seconds=0.05)
    assert "no answer" in await refused(attempt)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"\x90\x03\x00\x01\x01"])
async def test_another_protocol_on_the_port(broker: ScriptedBroker, answer: bytes) -> None:
    address = BrokerAddress("127.0.0.1", broker.port)
    answering = asyncio.ensure_future(broker.peer(answer))
    reason = await refused(connect(address, "c", clean=True, on_messages=quiet, connect_timeout_seconds=0.2))
    assert "violation" in reason or "no answer" in reason
    await answering


async def test_a_resumed_session_may_deliver_in_the_same_bytes_as_the_connack(broker: ScriptedBroker) -> None:
    line = Line()
    await line.open(broker, SESSION_PRESENT + encode_publish("a", b"1", 7) + encode_publish("a", b"2", 8))
    assert line.early == 0
    assert line.connection.session_present
    assert [each.payload for each in await line.received.get()] == [b"1", b"2"]
    await close_with(line)


async def close_with(line: Line) -> None:
    closing = asyncio.ensure_future(line.connection.close())
    first, _ = await line.peer.packet()
    assert first == 0xE0
    line.peer.writer.close()
    await closing


async def test_will_and_password_go_out_with_connect(broker: ScriptedBroker) -> None:
    address = BrokerAddress("127.0.0.1", broker.port, "edge-1", "geheim")
    opening = asyncio.ensure_future(
        connect(address, "e", clean=False, will=Will("s/e", b"off"), on_messages=quiet)
    )
    peer = await broker._peers.get()
    first, body = await peer.packet()
    assert (first, body[7]) == (0x10, 0xEC)
    assert body.endswith(b"\x00\x03s/e\x00\x03off\x00\x06edge-1\x00\x06geheim")
    await peer.send(b"\x20\x02\x00\x00")
    connection = await opening
    peer.vanish()
    await connection.lost()


async def test_every_publish_of_one_read_comes_in_one_call(line: Line) -> None:
    stream = b"".join(encode_publish("a", bytes((n,)), n) for n in range(1, 51))
    await line.peer.send(stream)
    batch = await line.received.get()
    assert [each.packet_id for each in batch] == list(range(1, 51))


async def test_acknowledgements_of_a_batch_are_one_write(line: Line) -> None:
    await line.peer.send(
        encode_publish("a", b"1", 7) + encode_publish("a", b"2", 8) + encode_publish("a", b"3")
    )
    batch = await line.received.get()
    line.connection.acknowledge(batch)
    assert await line.peer.reader.readexactly(8) == encode_pubacks([7, 8])


async def test_nothing_is_acknowledged_by_itself_twice_or_for_another_connection(line: Line) -> None:
    await line.peer.send(encode_publish("a", b"1", 7) + encode_publish("a", b"2", 8))
    first, second = await line.received.get()
    line.connection.acknowledge([Incoming("a", b"1", 8, False, False)])  # id 8 of an older connection
    line.connection.acknowledge([first, first])
    line.connection.acknowledge([first])
    line.connection.acknowledge([second])
    assert await line.peer.reader.readexactly(8) == encode_pubacks([7, 8])


async def test_tokens_come_back_with_their_pubacks(line: Line) -> None:
    line.connection.publish([Outgoing("a", b"x", 101), Outgoing("b", b"y", 102, retain=True)])
    assert line.connection.free_slots == 1
    firsts = [await line.peer.packet(), await line.peer.packet()]
    assert [first for first, _ in firsts] == [0x32, 0x33]
    ids = [int.from_bytes(body[3:5], "big") for _, body in firsts]
    await line.peer.send(encode_pubacks(reversed(ids)) + encode_pubacks([999]))  # one that we never sent
    assert await line.published.get() == [102, 101]
    assert line.connection.free_slots == 3


async def test_more_than_the_window_is_the_callers_mistake(line: Line) -> None:
    with pytest.raises(ValueError, match="free slots"):
        line.connection.publish([Outgoing("a", b"", n) for n in range(4)])
    assert line.connection.free_slots == 3


async def test_a_batch_with_one_unsendable_message_is_not_sent_at_all(line: Line) -> None:
    with pytest.raises(Unsendable) as caught:
        line.connection.publish([Outgoing("a", b"", 1), Outgoing("a\0", b"", 2)])
    assert caught.value.token == 2
    assert line.connection.free_slots == 3
    line.connection.publish([Outgoing("good", b"", 3)])
    assert (await line.peer.packet())[1].startswith(b"\x00\x04good")


@pytest.mark.slow
async def test_packet_ids_in_use_are_not_given_twice(broker: ScriptedBroker) -> None:
    line = Line()
    await line.open(broker, window=60_000)
    line.connection.publish([Outgoing("a", b"", 0)])
    held = int.from_bytes((await line.peer.packet())[1][3:5], "big")
    for _ in range(2):
        line.connection.publish([Outgoing("a", b"", n) for n in range(40_000)])
        ids = [int.from_bytes((await line.peer.packet())[1][3:5], "big") for _ in range(40_000)]
        assert held not in ids
        await line.peer.send(encode_pubacks(ids))
        while line.connection.free_slots < 59_999:
            await line.published.get()
    line.peer.vanish()
    await line.connection.lost()


async def test_publish_one_waits_for_its_puback(line: Line) -> None:
    publishing = asyncio.ensure_future(line.connection.publish_one("r/edge-1", b"{}", retain=True))
    first, body = await line.peer.packet()
    assert (first, publishing.done()) == (0x33, False)
    await line.peer.send(encode_pubacks([int.from_bytes(body[10:12], "big")]))
    await publishing


@pytest.mark.parametrize("act", [lambda c: c.publish_one("a", b""), lambda c: c.subscribe("a/#")])
async def test_who_waits_when_the_line_is_lost_is_told(
    line: Line, act: Callable[[Connection], Coroutine[Any, Any, None]]
) -> None:
    waiting = asyncio.ensure_future(act(line.connection))
    await line.peer.packet()
    line.peer.vanish()
    with pytest.raises(BusUnavailable):
        await waiting


async def test_after_the_loss_nothing_pretends_to_work(line: Line) -> None:
    await line.peer.send(encode_publish("a", b"1", 7))
    batch = await line.received.get()
    line.peer.vanish()
    assert await line.connection.lost()
    with pytest.raises(BusUnavailable):
        line.connection.publish([Outgoing("a", b"", 1)])
    assert await refused(line.connection.drain())
    line.connection.acknowledge(batch)  # the broker sends it again
    line.connection.pause_reading()
    line.connection.resume_reading()
    await line.connection.close()


async def test_refused_and_downgraded_subscriptions_are_named(line: Line) -> None:
    for code in (0x80, 0x00):
        subscribing = asyncio.ensure_future(line.connection.subscribe("fine/#", "forbidden/#"))
        _, body = await line.peer.packet()
        await line.peer.send(b"\x90\x04" + body[:2] + bytes((1, code)))
        with pytest.raises(BusUnavailable, match="forbidden/#"):
            await subscribing


async def test_an_ended_subscription_waits_for_the_answer(line: Line) -> None:
    leaving = asyncio.ensure_future(line.connection.unsubscribe("a/+"))
    first, body = await line.peer.packet()
    assert first == 0xA2
    assert not leaving.done()
    await line.peer.send(b"\xb0\x02" + body[:2])
    await leaving


async def test_an_answer_to_half_of_the_filters_ends_the_line(line: Line) -> None:
    subscribing = asyncio.ensure_future(line.connection.subscribe("a", "b"))
    _, body = await line.peer.packet()
    await line.peer.send(b"\x90\x03" + body[:2] + b"\x01")
    assert "suback" in await refused(subscribing_result(subscribing))
    assert "suback" in await line.connection.lost()


async def subscribing_result(future: "asyncio.Future[None]") -> None:
    await future


@pytest.mark.parametrize("data", [b"\x50\x02\x00\x01", b"\x20\x02\x00\x00", b"\x34\x06\x00\x01a\x00\x01x"])
async def test_a_violation_ends_the_line_with_its_code(line: Line, data: bytes) -> None:
    await line.peer.send(data)
    assert "protocol violation: mqtt." in await line.connection.lost()


async def test_close_says_disconnect_and_is_not_a_loss_by_the_broker(line: Line) -> None:
    line.connection.publish([Outgoing("a", b"x" * 300_000, 1)])
    closing = asyncio.ensure_future(line.connection.close())
    assert (await line.peer.packet())[0] == 0x32  # flushed first
    assert (await line.peer.packet())[0] == 0xE0
    await closing
    assert await line.connection.lost() == "closed by us"


async def test_paused_reading_leaves_messages_with_the_broker(line: Line) -> None:
    line.connection.pause_reading()
    line.connection.pause_reading()
    await line.peer.send(encode_publish("a", b"1", 7))
    line.connection.publish([Outgoing("a", b"", 1)])
    await line.peer.packet()  # a whole turn of the loop and more
    assert line.received.empty()
    line.connection.resume_reading()
    assert len(await line.received.get()) == 1


async def test_drain_waits_while_the_broker_does_not_read(broker: ScriptedBroker) -> None:
    line = Line()
    await line.open(broker, window=100)
    line.peer.reader._limit = 1024  # type: ignore[attr-defined]
    line.connection.publish([Outgoing("a", bytes(500_000), n) for n in range(30)])
    draining = asyncio.ensure_future(line.connection.drain())
    await asyncio.wait({draining}, timeout=0)
    assert not draining.done()
    for _ in range(30):
        await line.peer.packet()
    await draining
    line.peer.vanish()
    await line.connection.lost()


@pytest.mark.slow
async def test_a_silent_broker_is_given_up(broker: ScriptedBroker) -> None:
    line = Line()
    await line.open(broker, keepalive_seconds=1)
    assert (await line.peer.packet())[0] == 0xC0
    assert "keep-alive" in await line.connection.lost()


@pytest.mark.slow
async def test_a_broker_that_answers_pings_is_kept(broker: ScriptedBroker) -> None:
    line = Line()
    await line.open(broker, keepalive_seconds=1)
    for _ in range(4):  # twice the time after which a silent one is given up
        assert (await line.peer.packet())[0] == 0xC0
        await line.peer.send(b"\xd0\x00")
    line.connection.publish([Outgoing("a", b"", 1)])
    line.peer.vanish()
    assert "keep-alive" not in await line.connection.lost()

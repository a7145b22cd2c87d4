"""The edge's connection to the bus, against a broker that says what the test tells it to."""

import asyncio
from pathlib import Path

import pytest

from hub.edge.encoder import Origin, note, skip_note
from hub.edge.link import EdgeLink
from hub.edge.relay import Relay
from hub.errors import BusUnavailable, SpoolFull
from hub.events import event_topic, hub_topic, partition_of, receipt_topic
from hub.mqtt import packets
from hub.mqtt.connection import BrokerAddress, Connection
from hub.payloads import DeviceStatus, Skipped
from hub.spool import EventRecord, Receipt, Spool, Verdict
from hub.vault import Sealer
from hub.wire import PartitionState, encode_json
from tests.edge.bus import silent_readings
from tests.mqtt.scripted_broker import Peer, ScriptedBroker

EDGE, SITE = "edge-1", "lab"
ORIGIN = Origin(SITE, EDGE, "pcr-01")
SUBSCRIBE, PUBLISH = 0x82, 0x30
BIRTH = encode_json(PartitionState("online", "a" * 16, 1, "2021-08-05T00:00:00.000Z"))


def _make_skip(epoch: str, first: int, last: int, class_: str, reason: str, count: int) -> EventRecord:
    return skip_note(ORIGIN, Skipped(first, last, class_, reason, count, epoch), 0)


def _link(spool: Spool, relay: Relay, port: int) -> EdgeLink:
    async def commanded(_body: bytes, _device: str) -> None:
        raise AssertionError("nobody sent a command")

    async def announce(_connection: Connection) -> None:
        """No device to tell of."""

    def alarm(kind: str, _severity: str, _evidence: str) -> None:
        raise AssertionError(kind)

    address = BrokerAddress("127.0.0.1", port, EDGE, "secret")
    return EdgeLink(
        EDGE, SITE, "1", spool, relay, address,
        alarm=alarm, commands=commanded, announce=announce, own=silent_readings(),
    )  # fmt: skip


async def _next(peer: Peer, kind: int) -> bytes:
    """The next packet of a kind; every publish on the way gets its PUBACK."""
    while True:
        first, body = await peer.packet()
        if first & 0xF0 == PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            await peer.send(b"\x40\x02" + body[end : end + 2])
        if first & 0xF0 == kind & 0xF0:
            return body


async def _grant(peer: Peer) -> list[str]:
    """Answer the next SUBSCRIBE and give its filters."""
    body = await _next(peer, SUBSCRIBE)
    filters, at = [], 2
    while at < len(body):
        length = int.from_bytes(body[at : at + 2], "big")
        filters.append(body[at + 2 : at + 2 + length].decode())
        at += 3 + length
    await peer.send(bytes((0x90, 2 + len(filters))) + body[:2] + bytes([1] * len(filters)))
    return filters


async def test_a_birth_that_the_broker_lost_is_asked_for_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", Sealer(bytes(32)), _make_skip)
    relay = Relay(spool, lambda *_: None)
    await spool.open()
    await spool.commit([note(ORIGIN, DeviceStatus("ONLINE", "message", "2021-08-05T00:00:00.000Z"), "s", 1)])
    async with ScriptedBroker() as broker:
        running = asyncio.create_task(_link(spool, relay, broker.port).run())
        peer = await broker.peer()
        assert receipt_topic(EDGE) in await _grant(peer), (
            "what was receipted must be known before anything goes"
        )
        assert await _grant(peer) == [hub_topic(partition_of(EDGE))]  # and no birth comes
        assert await _grant(peer) == [hub_topic(partition_of(EDGE))]
        await peer.send(packets.encode_publish(hub_topic(partition_of(EDGE)), BIRTH, 7, retain=True))
        event = await _next(peer, PUBLISH)
        while event_topic(SITE, EDGE, "pcr-01", DeviceStatus.TYPE).encode() not in event:
            event = await _next(peer, PUBLISH)
        peer.vanish()
        with pytest.raises(BusUnavailable):
            await running
    await spool.close()


class _FullSpool(Spool):
    """The disk is full just when a receipt comes."""

    async def receive(self, receipt: Receipt) -> Verdict:
        raise SpoolFull("the disk is full")


@pytest.mark.slow
async def test_a_receipt_that_cannot_be_kept_ends_the_line_and_not_the_edge(tmp_path: Path) -> None:
    spool = _FullSpool(tmp_path / "spool.db", Sealer(bytes(32)), _make_skip)
    await spool.open()
    receipt = encode_json(Receipt("a" * 16, "b" * 16, 0, "", "c" * 16, None, "2021-08-05T00:00:00.000Z"))
    async with ScriptedBroker() as broker:
        running = asyncio.create_task(_link(spool, Relay(spool, lambda *_: None), broker.port).run())
        peer = await broker.peer()
        await _grant(peer)
        await peer.send(packets.encode_publish(receipt_topic(EDGE), receipt, 7, retain=True))
        await _grant(peer)
        await _next(peer, PUBLISH)
        with pytest.raises(BusUnavailable, match="disk is full"):
            await running
    await spool.close()


class _Listening(Relay):
    """Remembers what it was told of the hub, up to the last of ``expected`` words."""

    def __init__(self, spool: Spool, expected: int) -> None:
        super().__init__(spool, lambda *_: None)
        self.told: list[bool] = []
        self.all_told = asyncio.Event()
        self._expected = expected

    def hub_seen(self, online: bool) -> None:
        super().hub_seen(online)
        self.told.append(online)
        if len(self.told) == self._expected:
            self.all_told.set()


async def test_terms_of_another_store_do_not_compare(tmp_path: Path) -> None:
    """A restored store counts its terms from those of the copy; its hub is heard all the same."""
    states = [
        ("offline", "a" * 16, 9),
        ("online", "a" * 16, 8),  # an old holder's
        ("online", "b" * 16, 2),
        ("offline", "b" * 16, 1),  # an old holder's will
        ("offline", "b" * 16, 2),
    ]
    spool = Spool(tmp_path / "spool.db", Sealer(bytes(32)), _make_skip)
    relay = _Listening(spool, 3)
    await spool.open()
    async with ScriptedBroker() as broker:
        running = asyncio.create_task(_link(spool, relay, broker.port).run())
        peer = await broker.peer()
        await _grant(peer)
        await _grant(peer)
        for number, (state, store, term) in enumerate(states, start=1):
            body = encode_json(
                {"state": state, "store": store, "term": term, "at": "2021-08-05T00:00:00.000Z"}
            )
            await peer.send(packets.encode_publish(hub_topic(partition_of(EDGE)), body, number, retain=True))
        await _next(peer, PUBLISH)
        async with asyncio.timeout(10):
            await relay.all_told.wait()
        peer.vanish()
        with pytest.raises(BusUnavailable):
            await running
    assert relay.told == [False, True, False]
    await spool.close()

"""One MQTT 3.1.1 connection from CONNECT to its end; whoever owns it opens the next one.

Nothing here reconnects, resends or remembers: a loss is told through ``lost`` and the owner, who knows
what is committed, decides.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Literal, cast

from hub.errors import BusUnavailable
from hub.mqtt import packets
from hub.mqtt.address import BrokerAddress, BrokerRefusal, Will
from hub.mqtt.keepalive import KeepAlive, Step
from hub.mqtt.packets import (
    Connack,
    Incoming,
    Outgoing,
    PacketParser,
    Pingresp,
    ProtocolViolation,
    Puback,
    Suback,
    Unsendable,
    Unsuback,
)
from hub.mqtt.tls import why_lost, why_not_opened

__all__ = [
    "BrokerAddress",
    "BrokerRefusal",
    "Connection",
    "Incoming",
    "Outgoing",
    "Unsendable",
    "Will",
    "connect",
]

# A relay's write is about 50 KB; above this much unsent the line is slower than we are.
_WRITE_BUFFER_BYTES = 256 * 1024
_CLOSE_SECONDS = 5
_CLOSED_BY_US = "closed by us"


def _ignore(_tokens: list[int]) -> None:
    """Take no notice of PUBACKs: for a connection that only subscribes."""


async def connect(
    address: BrokerAddress,
    client_id: str,
    *,
    clean: bool,
    will: Will | None = None,
    keepalive_seconds: int = 30,
    window: int = 1000,
    on_messages: Callable[[list[Incoming]], None],
    on_published: Callable[[list[int]], None] = _ignore,
    connect_timeout_seconds: float = 10,
) -> "Connection":
    """Open the line and wait for the broker's yes; raises BusUnavailable, for a no BrokerRefusal in words.

    Both callbacks run on the event loop, at most once per read of the socket, never before ``connect``
    has returned to the task that awaits it, and must not raise. A resumed session may deliver at once.
    ``connect_timeout_seconds`` also limits the wait for a SUBACK.
    """
    hello = packets.encode_connect(
        client_id,
        clean=clean,
        keepalive_seconds=keepalive_seconds,
        username=address.username,
        password=address.password,
        will=(will.topic, will.payload, will.retain) if will else None,
    )
    connection = Connection(
        address, keepalive_seconds, window, on_messages, on_published, connect_timeout_seconds
    )
    try:
        async with asyncio.timeout(connect_timeout_seconds):
            await _open(connection, address)
            await connection._greet(hello)
    except TimeoutError:
        connection._end("no answer to the connect")
        raise BusUnavailable(f"{address}: no answer within {connect_timeout_seconds:g} s") from None
    except BaseException:
        connection._end("the connect failed")
        raise
    return connection


async def _open(connection: "Connection", address: BrokerAddress) -> None:
    loop = asyncio.get_running_loop()
    try:
        await loop.create_connection(lambda: connection, address.host, address.port, ssl=address.tls)
    except TimeoutError:
        raise
    except OSError as error:  # refused, unknown host, certificate
        raise BusUnavailable(f"{address}: {why_not_opened(error)}") from error


class Connection(asyncio.Protocol):
    """A connection after CONNACK; made by ``connect``.

    session_present: whether the broker still had our session; False means it forgot what it kept for us.
    """

    def __init__(
        self,
        address: BrokerAddress,
        keepalive_seconds: int,
        window: int,
        on_messages: Callable[[list[Incoming]], None],
        on_published: Callable[[list[int]], None],
        answer_seconds: float,
    ) -> None:
        self.session_present = False
        self._address = str(address)
        self._window = window
        self._on_messages = on_messages
        self._on_published = on_published
        self._answer_seconds = answer_seconds
        self._parser = PacketParser()
        self._keepalive = KeepAlive()
        self._tick_seconds = keepalive_seconds / KeepAlive.TICKS
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._connack: asyncio.Future[Connack] = asyncio.get_running_loop().create_future()
        self._early: list[Incoming] | None = []  # what came before connect() returned
        self._unpublished: dict[int, int | asyncio.Future[None]] = {}
        self._asking: dict[int, asyncio.Future[Suback | Unsuback]] = {}
        self._unacknowledged: dict[int, Incoming] = {}
        self._last_id = 0
        self._reading = True
        self._writable = asyncio.Event()
        self._reason = ""
        self._ended = asyncio.Event()

    # What the owner calls.

    @property
    def free_slots(self) -> int:
        """How many messages ``publish`` takes now: the window less the QoS 1 publishes without PUBACK."""
        return max(0, self._window - len(self._unpublished))

    async def subscribe(self, *filters: str, qos: Literal[0, 1] = 1) -> None:
        """Raises BusUnavailable naming the first filter that was not granted.

        A NATS session may have six subscriptions at QoS 1 (65,535 over ``max_ack_pending``).
        """
        packet_id = self._free_id()
        suback = await self._asked(packet_id, packets.encode_subscribe(packet_id, filters, qos), filters[0])
        assert isinstance(suback, Suback)
        if len(suback.codes) != len(filters):
            self._end("protocol violation: mqtt.suback_count")
            raise self._unavailable(self._reason)
        for name, code in zip(filters, suback.codes, strict=True):
            if packets.subscription_failed(code, qos):
                raise self._unavailable(f"subscription to {name} was refused")

    async def unsubscribe(self, *filters: str) -> None:
        """End subscriptions; what was on its way still comes. Raises BusUnavailable."""
        packet_id = self._free_id()
        await self._asked(packet_id, packets.encode_unsubscribe(packet_id, filters), filters[0])

    async def _asked(self, packet_id: int, packet: bytes, about: str) -> Suback | Unsuback:
        answer: asyncio.Future[Suback | Unsuback] = asyncio.get_running_loop().create_future()
        self._asking[packet_id] = answer
        try:
            self._write(packet)
            async with asyncio.timeout(self._answer_seconds):
                return await answer
        except TimeoutError:
            raise self._unavailable(f"no answer to the subscription of {about}") from None
        finally:
            self._asking.pop(packet_id, None)

    def publish(self, batch: Sequence[Outgoing]) -> None:
        """Send a batch at QoS 1 in one write, in order.

        Raises Unsendable (with the message's token) when MQTT cannot carry one of them, ValueError for
        more than ``free_slots``, BusUnavailable when the line has ended; nothing of the batch is sent then.
        """
        if len(batch) > self._window - len(self._unpublished):
            raise ValueError(f"{len(batch)} messages for {self.free_slots} free slots")
        last_id = self._last_id
        sent: dict[int, int | asyncio.Future[None]] = {}
        parts = []
        for topic, payload, token, retain in batch:
            packet_id = self._free_id()
            try:
                parts.append(packets.encode_publish(topic, payload, packet_id, retain=retain))
            except Unsendable as error:
                self._last_id = last_id
                error.token = token
                raise
            sent[packet_id] = token
        self._write(b"".join(parts))
        self._unpublished |= sent

    async def publish_one(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1, whatever the window, and wait for the PUBACK; raises BusUnavailable when the
        line ends first, Unsendable when MQTT cannot carry it."""
        packet_id = self._free_id()
        published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._write(packets.encode_publish(topic, payload, packet_id, retain=retain))
        self._unpublished[packet_id] = published
        await published

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """PUBACK these in one write. Messages of QoS 0, of another connection, or already acknowledged
        are passed over: an id that the broker has given to another message would acknowledge that one."""
        ids = []
        for message in messages:
            if self._unacknowledged.get(message.packet_id) is message:
                del self._unacknowledged[message.packet_id]
                ids.append(message.packet_id)
        if ids and not self._closing():  # after a loss the broker sends them again by itself
            self._write(packets.encode_pubacks(ids))

    def pause_reading(self) -> None:
        """Let the broker wait: nothing more is read until ``resume_reading``."""
        if self._reading and self._transport is not None and not self._closing():
            self._transport.pause_reading()
            self._reading = False

    def resume_reading(self) -> None:
        """Read again; may be called at any time."""
        if not self._reading and self._transport is not None and not self._closing():
            self._transport.resume_reading()
            self._reading = True

    async def drain(self) -> None:
        """Wait until the socket takes more; raises BusUnavailable when the line has ended."""
        await self._writable.wait()
        if self._ended.is_set():
            raise self._unavailable(self._reason)

    async def lost(self) -> str:
        """Wait for the end of the connection and give its reason, free of secrets and message bytes."""
        await self._ended.wait()
        return self._reason

    async def close(self) -> None:
        """DISCONNECT (so the will is not published), flush, close. May be called after a loss."""
        if self._transport is None or self._closing():
            await self._ended.wait()
            return
        self._write(packets.DISCONNECT)
        self._reason = _CLOSED_BY_US
        self._transport.close()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._ended.wait()
        except TimeoutError:  # the broker does not read what we flush
            self._transport.abort()
            await self._ended.wait()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; Nagle would hold back small writes for the peer's delayed ACK."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Parse everything that came and hand it on in one call each."""
        self._keepalive.received = True
        try:
            received = self._parser.feed(data)
            messages: list[Incoming] = []
            tokens: list[int] = []
            for packet in received:
                if isinstance(packet, Incoming):
                    messages.append(packet)
                elif isinstance(packet, Puback):
                    self._puback(packet.packet_id, tokens)
                else:
                    self._answer(packet)
        except ProtocolViolation as error:
            self._end(f"protocol violation: {error.code}")
            return
        if tokens:
            self._on_published(tokens)
        if messages:
            self._deliver(messages)

    def pause_writing(self) -> None:
        """The socket's buffer is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The socket's buffer has room."""
        self._writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """The transport is gone, by us or by the broker."""
        if not self._reason:
            self._reason = why_lost(error)
        self._settle()

    # How it works.

    async def _greet(self, hello: bytes) -> None:
        self._write(hello)
        connack = await self._connack
        if connack.code:
            self._end(packets.CONNACK_WORDS[connack.code])
            raise BrokerRefusal(f"{self._address}: {self._reason} (code {connack.code})", connack.code)
        self.session_present = connack.session_present
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._tick_seconds, self._tick)
        loop.call_soon(self._release)

    def _release(self) -> None:
        early, self._early = self._early, None
        if early:
            self._on_messages(early)

    def _deliver(self, messages: list[Incoming]) -> None:
        for message in messages:
            if message.packet_id:
                self._unacknowledged[message.packet_id] = message
        if self._early is None:
            self._on_messages(messages)
        else:
            self._early += messages

    def _puback(self, packet_id: int, tokens: list[int]) -> None:
        entry = self._unpublished.pop(packet_id, None)
        if isinstance(entry, int):
            tokens.append(entry)
        elif entry is not None and not entry.done():
            entry.set_result(None)

    def _answer(self, packet: packets.Packet) -> None:
        if isinstance(packet, Connack):
            if self._connack.done():
                raise ProtocolViolation("mqtt.second_connack")
            self._connack.set_result(packet)
        elif isinstance(packet, Suback | Unsuback):
            waiting = self._asking.get(packet.packet_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(packet)
        elif not isinstance(packet, Pingresp):
            raise ProtocolViolation("mqtt.packet_type")

    def _tick(self) -> None:
        if self._closing():
            return
        step = self._keepalive.tick(listening=self._reading)
        if step is Step.GIVE_UP:
            self._end("keep-alive: the broker is silent")
            return
        if step is Step.PING:
            self._write(packets.PINGREQ)
        self._timer = asyncio.get_running_loop().call_later(self._tick_seconds, self._tick)

    def _free_id(self) -> int:
        taken = len(self._unpublished) + len(self._asking)
        if taken >= packets.MAX_PACKET_ID:
            raise self._unavailable("no packet id is free")
        while True:
            self._last_id = self._last_id % packets.MAX_PACKET_ID + 1
            if self._last_id not in self._unpublished and self._last_id not in self._asking:
                return self._last_id

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._closing():
            raise self._unavailable(self._reason or "the connection was lost")
        self._keepalive.sent = True
        self._transport.write(data)

    def _closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _end(self, reason: str) -> None:
        """Give the line up at once; the first reason stands."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _settle(self) -> None:
        """Tell everybody who waits that nothing more will come."""
        if self._timer is not None:
            self._timer.cancel()
        for waiting in (self._connack, *self._asking.values(), *self._unpublished.values()):
            if not isinstance(waiting, int) and not waiting.done():
                waiting.set_exception(self._unavailable(self._reason))
        self._ended.set()
        self._writable.set()

    def _unavailable(self, reason: str) -> BusUnavailable:
        return BusUnavailable(f"{self._address}: {reason}")

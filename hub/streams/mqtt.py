"""The device side of a broker: persistent session, acknowledgement after the commit (invariants 1, 3)."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from hub.errors import BusUnavailable, DeviceUnavailable, NotCommitted
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from hub.streams.surroundings import surroundings

UNACKNOWLEDGED_MESSAGES = 5000  # above this we stop reading: the broker keeps the rest
# NATS allows a session 65,535 unacknowledged messages over all its filters, at 10,000 a filter
# (20,000 with #): more topics than this are heard by their roots.
EXACT_TOPICS = 5
ACKNOWLEDGED_AT_ONCE = 1000
log = logging.getLogger(__name__)


class MqttMessage(NamedTuple):
    """``retain``: a copy that the broker kept, not a message of this moment."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class MqttEndpoint:
    """``url`` "" is the hub's own bus, else mqtt(s)://host[:port]; ``session`` names the client id."""

    topics: tuple[str, ...]
    url: str = ""
    username: str = ""
    password: str = ""
    session: str = ""


Accept = Callable[[MqttMessage], Awaitable[object]]


async def subscribe_mqtt(endpoint: MqttEndpoint, accept: Accept) -> None:
    """Hold the subscription until cancelled; raises DeviceUnavailable when the broker goes or refuses.

    ``accept`` queues its commit when called; the message is acknowledged when its awaitable has
    finished, in batches. One that was not committed stays unacknowledged and comes again.
    """
    delivery = _Delivery(accept, frozenset(endpoint.topics))
    try:
        connection = await connect(
            _address(endpoint), _client_id(endpoint), clean=False, on_messages=delivery.take
        )
    except BusUnavailable as error:
        raise DeviceUnavailable(str(error)) from error
    try:
        async with asyncio.TaskGroup() as tasks:
            acknowledging = tasks.create_task(delivery.acknowledge(connection), name="mqtt-acknowledge")
            await connection.subscribe(*_filters(endpoint))
            reason = await connection.lost()
            acknowledging.cancel()
    except* (BusUnavailable, DeviceUnavailable) as errors:
        raise DeviceUnavailable(str(errors.exceptions[0])) from None
    finally:
        delivery.abandon()
        await connection.close()
    raise DeviceUnavailable(f"broker: {reason}")


class _Delivery:
    """Messages between their arrival and their acknowledgement, in order of arrival.

    What came by a root and belongs to none of ``topics`` is not ours: acknowledged, and that is all.
    """

    def __init__(self, accept: Accept, topics: frozenset[str]) -> None:
        self.accept = accept
        self.exact = topics if not any(set(topic) & {"+", "#"} for topic in topics) else frozenset[str]()
        self.waiting: asyncio.Queue[tuple[Incoming, asyncio.Future[object]]] = asyncio.Queue()
        self.connection: Connection | None = None

    def take(self, messages: list[Incoming]) -> None:
        for message in messages:
            self.waiting.put_nowait((message, asyncio.ensure_future(self._accept(message))))
        if self.connection and self.waiting.qsize() > UNACKNOWLEDGED_MESSAGES:
            self.connection.pause_reading()

    def _accept(self, message: Incoming) -> Awaitable[object]:
        if self.exact and message.topic not in self.exact:
            return _not_ours()
        try:
            return self.accept(MqttMessage(message.topic, message.payload, message.retain))
        except NotCommitted as error:
            return _refused(error)

    async def acknowledge(self, connection: Connection) -> None:
        self.connection = connection
        while True:
            done, refusal = await self._committed()
            connection.acknowledge(done)
            if refusal:  # a new connection is what makes every broker send the rest again
                raise DeviceUnavailable(f"not committed: {refusal}")
            if self.waiting.qsize() < UNACKNOWLEDGED_MESSAGES // 2:
                connection.resume_reading()

    def abandon(self) -> None:
        """The line ended: what is on its way to the disk goes on, and the broker brings it all again."""
        while not self.waiting.empty():
            _, accepted = self.waiting.get_nowait()
            accepted.add_done_callback(_heed)

    async def _committed(self) -> tuple[list[Incoming], NotCommitted | None]:
        """The next messages that are on disk, up to the first that could not be written."""
        done: list[Incoming] = []
        waiting = await self.waiting.get()
        while True:
            message, accepted = waiting
            try:
                await accepted
            except NotCommitted as error:
                return done, error
            done.append(message)
            if self.waiting.empty() or len(done) >= ACKNOWLEDGED_AT_ONCE:
                return done, None
            waiting = self.waiting.get_nowait()


def _heed(accepted: "asyncio.Future[object]") -> None:
    if not accepted.cancelled() and accepted.exception():
        log.info("not committed", extra={"reason": str(accepted.exception())})


async def _not_ours() -> None:
    return None


async def _refused(error: NotCommitted) -> None:
    raise error


def _filters(endpoint: MqttEndpoint) -> tuple[str, ...]:
    """Exact topics; on our own bus many of them by their first level."""
    if endpoint.url or len(endpoint.topics) <= EXACT_TOPICS:
        return endpoint.topics
    return tuple(sorted({f"{topic.split('/')[0]}/#" for topic in endpoint.topics}))


def _address(endpoint: MqttEndpoint) -> BrokerAddress:
    if not endpoint.url:
        own = surroundings().bus
        if own is None:
            raise DeviceUnavailable("no bus of our own here: name the device's broker")
        return own
    url = urlsplit(endpoint.url)
    tls = ssl.create_default_context() if url.scheme == "mqtts" else None
    port = url.port or (8883 if tls else 1883)
    return BrokerAddress(url.hostname or "", port, endpoint.username, endpoint.password, tls)


def _client_id(endpoint: MqttEndpoint) -> str:
    """Stable over restarts, or the session would be another one; new when the topics change.

    A persistent session keeps its old subscriptions for ever (domain: brokers store them), so the
    topics are part of the name.
    """
    named = sha256("\n".join((endpoint.url, *sorted(endpoint.topics))).encode()).hexdigest()[:8]
    return f"{surroundings().session}-{endpoint.session or 'devices'}-{named}"

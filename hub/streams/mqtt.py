"""The device side of a broker: persistent session, manual acknowledgement after the commit (invariants 1 and 3)."""

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
    delivery = _Delivery(accept)
    try:
        connection = await connect(
            _address(endpoint), _client_id(endpoint), clean=False, on_messages=delivery.take
        )
    except BusUnavailable as error:
        raise DeviceUnavailable(str(error)) from error
    try:
        async with asyncio.TaskGroup() as tasks:
            acknowledging = tasks.create_task(delivery.acknowledge(connection), name="mqtt-acknowledge")
            await connection.subscribe(*endpoint.topics)
            reason = await connection.lost()
            acknowledging.cancel()
    except* BusUnavailable as errors:
        raise DeviceUnavailable(str(errors.exceptions[0])) from errors
    finally:
        await connection.close()
    raise DeviceUnavailable(f"broker: {reason}")


class _Delivery:
    """Messages between their arrival and their acknowledgement, in order of arrival."""

    def __init__(self, accept: Accept) -> None:
        self.accept = accept
        self.waiting: asyncio.Queue[tuple[Incoming, asyncio.Future[object]]] = asyncio.Queue()
        self.connection: Connection | None = None

    def take(self, messages: list[Incoming]) -> None:
        for message in messages:
            try:
                accepted = self.accept(MqttMessage(message.topic, message.payload, message.retain))
            except NotCommitted as error:
                log.warning("not committed, not acknowledged", extra={"reason": str(error)})
                continue
            self.waiting.put_nowait((message, asyncio.ensure_future(accepted)))
        if self.connection and self.waiting.qsize() > UNACKNOWLEDGED_MESSAGES:
            self.connection.pause_reading()

    async def acknowledge(self, connection: Connection) -> None:
        self.connection = connection
        while True:
            done = [item for item in await self._committed() if item.packet_id]
            if done:
                connection.acknowledge(done)
            if self.waiting.qsize() < UNACKNOWLEDGED_MESSAGES // 2:
                connection.resume_reading()

    async def _committed(self) -> list[Incoming]:
        """The next message when it is on disk, with all behind it that are too."""
        done: list[Incoming] = []
        message, accepted = await self.waiting.get()
        if await _is_committed(accepted):
            done.append(message)
        while not self.waiting.empty() and len(done) < 1000:
            message, accepted = self.waiting.get_nowait()
            if await _is_committed(accepted):
                done.append(message)
        return done


async def _is_committed(accepted: asyncio.Future[object]) -> bool:
    try:
        await accepted
    except NotCommitted as error:
        log.warning("not committed, not acknowledged", extra={"reason": str(error)})
        return False
    return True


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

"""Words for a device behind an MQTT broker: a kept connection, and a last will that speaks when we vanish."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from hub.errors import BusUnavailable, ConfigError, DeviceUnavailable
from hub.mqtt.address import address_from_url
from hub.mqtt.connection import BrokerRefusal, Connection, Unsendable, Will, connect

KEEPALIVE_SECONDS = 10  # a broker says the will of whoever was silent for one and a half of it


@dataclass(frozen=True, slots=True)
class MqttOutbox:
    """``greeting`` and ``will``: (topic, payload) said at each connect, and by the broker when we vanish."""

    url: str
    username: str = ""
    password: str = ""
    will: tuple[str, bytes] | None = None
    greeting: tuple[str, bytes] | None = None


class MqttPublisher:
    """``name`` makes the client id: who was connected under it before us is put out, and says its will."""

    def __init__(self, outbox: MqttOutbox, name: str, seconds: float) -> None:
        self._outbox = outbox
        self._client_id = f"epihub-{sha256(name.encode()).hexdigest()[:15]}"
        self._seconds = seconds
        self._connection: Connection | None = None
        self._lost: asyncio.Task[str] | None = None
        self._one = asyncio.Lock()

    async def publish(self, topic: str, payload: bytes) -> None:
        """At QoS 1; returns with the broker's PUBACK. Raises DeviceUnavailable with a code."""
        async with self._one:
            try:
                async with asyncio.timeout(self._seconds):
                    await (await self._open()).publish_one(topic, payload)
            except (BrokerRefusal, ConfigError, Unsendable) as error:
                await self._close()
                raise DeviceUnavailable("mqtt.refused") from error
            except (BusUnavailable, TimeoutError) as error:
                await self._close()
                raise DeviceUnavailable("mqtt.no_answer") from error

    async def close(self) -> None:
        """With a DISCONNECT: the will is not said. May be called again."""
        async with self._one:
            await self._close()

    async def _open(self) -> Connection:
        if self._lost is not None and self._lost.done():
            await self._close()
        if self._connection is None:
            outbox = self._outbox
            address = address_from_url(outbox.url, outbox.username, outbox.password)
            self._connection = await connect(
                address,
                self._client_id,
                clean=True,
                will=Will(*outbox.will, retain=False) if outbox.will else None,
                keepalive_seconds=KEEPALIVE_SECONDS,
                on_messages=lambda _: None,
            )
            self._lost = asyncio.create_task(self._connection.lost(), name="publisher-lost")
            if outbox.greeting:
                await self._connection.publish_one(*outbox.greeting)
        return self._connection

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        lost, self._lost = self._lost, None
        if lost is not None:
            lost.cancel()
            await asyncio.wait({lost})
        if connection is not None:
            await connection.close()

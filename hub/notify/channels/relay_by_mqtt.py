"""A relay that hears an MQTT topic (Tasmota, ESPHome, Shelly), and a button that speaks on one."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from hub.errors import BusUnavailable
from hub.mqtt.address import address_from_url
from hub.mqtt.connection import BrokerRefusal, Connection, Incoming, Unsendable, Will, connect
from hub.notify.channels.parcel import NO_ANSWER
from hub.notify.channels.relay_line import RelayFault, bytes_of
from hub.notify.settings import RelaySettings


class MqttRelay:
    """The connection is kept; when it breaks the broker switches the relay off by our last will."""

    def __init__(self, relay: RelaySettings, ca_file: str, seconds: float) -> None:
        self.has_button = bool(relay.button_topic)
        self._relay = relay
        self._ca_file = ca_file
        self._seconds = seconds
        self._connection: Connection | None = None
        self._lost: asyncio.Task[str] | None = None
        self._pressed = False
        self._one = asyncio.Lock()

    async def switch(self, energised: bool) -> None:
        words = bytes_of(self._relay.on_text if energised else self._relay.off_text)
        await self._with_broker(words)

    async def pressed(self) -> bool:
        await self._with_broker(None)
        pressed, self._pressed = self._pressed, False
        return pressed

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None
        if connection is not None:
            await connection.close()

    async def _with_broker(self, words: bytes | None) -> None:
        """Connected, and ``words`` published, if any."""
        async with self._one:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._publish(words)
            except BrokerRefusal as refusal:
                await self.close()
                raise RelayFault(f"mqtt.refused_{refusal.code}") from refusal
            except (BusUnavailable, Unsendable, OSError) as error:
                await self.close()
                raise RelayFault(NO_ANSWER) from error

    async def _publish(self, words: bytes | None) -> None:
        if self._lost is not None and self._lost.done():
            await self.close()
        if self._connection is None:
            self._connection = await self._open()
            self._lost = asyncio.create_task(self._connection.lost(), name="relay-broker")
        if words is not None:
            await self._connection.publish_one(self._relay.topic, words)

    async def _open(self) -> Connection:
        relay = self._relay
        ca_file = Path(self._ca_file) if self._ca_file else None
        address = address_from_url(relay.broker, relay.username, relay.password, ca_file)
        # The same name at each start: whoever was connected before us is put out, and says its will.
        client_id = f"epihub-relay-{sha256(relay.topic.encode()).hexdigest()[:9]}"
        will = Will(relay.topic, bytes_of(relay.off_text), retain=False)
        connection = await connect(address, client_id, clean=True, will=will, on_messages=self._heard)
        if relay.button_topic:
            await connection.subscribe(relay.button_topic)
        return connection

    def _heard(self, messages: Sequence[Incoming]) -> None:
        """A copy that the broker kept is no press of this moment."""
        needle = self._relay.button_text.encode()
        self._pressed |= any(needle in each.payload and not each.retain for each in messages)
        if self._connection is not None:
            self._connection.acknowledge(messages)

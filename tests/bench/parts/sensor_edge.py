"""An edge's line to the hub, for readings that a bench makes: numbered, QoS 1, kept until the receipt."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from hub.events import (
    Event,
    encode_data,
    encode_event,
    event_topic,
    format_time,
    hub_topic,
    number_body,
    partition_of,
    receipt_topic,
)
from hub.identity import event_id
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, Outgoing, connect
from hub.payloads import DeviceStatus, Payload, Quality, Reading
from hub.streams.clock import now_ms
from hub.wire import PartitionState, Receipt

UNRECEIPTED = 4_000  # what a relay has in flight at most
_receipt = msgspec.json.Decoder(Receipt).decode
_state = msgspec.json.Decoder(PartitionState).decode


class Said(NamedTuple):
    """What a device said, and when by its own clock."""

    device: str
    payload: Payload
    time_ms: int

    @classmethod
    def measured(
        cls, device: str, metric: str, value: float | None, time_ms: int, quality: Quality = "GOOD"
    ) -> "Said":
        """A reading in its metric's unit."""
        unit = "Cel" if metric.startswith("temp") else "1"
        return cls(device, Reading(metric, value, unit, value, unit, quality), time_ms)

    @classmethod
    def online(cls, device: str, profile: str, time_ms: int) -> "Said":
        """By this the hub learns what watches a device."""
        status = DeviceStatus("ONLINE", "", format_time(time_ms), kind="cold_mqtt", profile=profile)
        return cls(device, status, time_ms)


class SensorEdge:
    """Of one site. ``open`` waits for the hub."""

    def __init__(self, name: str, site: str, address: BrokerAddress) -> None:
        self.name, self.site = name, site
        self._address = address
        self._epoch = secrets.token_hex(8)
        self._seq = self._receipted = 0
        self._connection: Connection | None = None
        self._hub = asyncio.Event()
        self._moved = asyncio.Event()

    async def open(self) -> None:
        """Raises BusUnavailable."""
        self._connection = await connect(
            self._address,
            f"bench-{self.name}",
            clean=True,
            window=UNRECEIPTED,
            on_messages=self._heard,
            on_published=lambda _: self._moved.set(),
        )
        await self._connection.subscribe(receipt_topic(self.name), hub_topic(partition_of(self.name)))
        await self._hub.wait()

    async def close(self) -> None:
        assert self._connection is not None
        await self._connection.close()

    async def send(self, said: Sequence[Said]) -> None:
        """Give them to the bus, in order, as soon as there is room."""
        assert self._connection is not None
        left = list(said)
        while left:
            room = min(self._connection.free_slots, UNRECEIPTED - (self._seq - self._receipted))
            now, left = left[:room], left[room:]
            if now:
                self._connection.publish([self._numbered(each) for each in now])
                await self._connection.drain()
            else:
                self._moved.clear()
                await self._moved.wait()

    async def stored(self) -> None:
        """Until the hub has the last of them."""
        while self._receipted < self._seq:
            self._moved.clear()
            await self._moved.wait()

    def _heard(self, messages: list[Incoming]) -> None:
        for message in messages:
            if message.topic != receipt_topic(self.name):
                if _state(message.payload).state == "online":
                    self._hub.set()
                continue
            receipt = _receipt(message.payload)
            if receipt.epoch == self._epoch:
                self._receipted = max(self._receipted, receipt.seq)
        assert self._connection is not None
        self._connection.acknowledge(messages)
        self._moved.set()

    def _numbered(self, said: Said) -> Outgoing:
        self._seq += 1
        device, payload, time_ms = said
        data, moment = encode_data(payload), format_time(time_ms)
        key = payload.metric if isinstance(payload, Reading) else "status"
        event = Event(
            specversion="1.0",
            id=event_id(time_ms=time_ms, device=device, event_type=payload.TYPE, key=key, data=data),
            source=f"/{self.site}/{self.name}/{device}",
            type=payload.TYPE,
            subject=f"{key}/{time_ms}",
            time=moment,
            datacontenttype="application/json",
            site=self.site,
            edge=self.name,
            received=format_time(now_ms()),
            timesource="observation",
            data=Raw(data),
        )
        topic = event_topic(self.site, self.name, device, payload.TYPE)
        return Outgoing(topic, number_body(encode_event(event), self._epoch, self._seq), self._seq, False)

"""``cold_mqtt`` under the suite of adapters, over the embedded broker: real sockets, real session."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.decoders.homeassistant import written
from adapters.cold_chain.decoders.incoming import Place
from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker
from hub.contract import Adapter, Frame
from hub.errors import DeviceUnavailable
from hub.mqtt.connection import BrokerAddress, Connection, connect
from tests.cold_chain.devices import device
from tests.conformance.adapter_contract import AdapterContract, TimesAreOurs, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port

NAME, PASSWORD = "tu-lanh", "of-the-test"
TREES = ("zigbee2mqtt/#", "homeassistant/#")
ACCOUNT = BusAccount(NAME, PASSWORD, TREES, TREES)
pytestmark = pytest.mark.slow


async def until(condition: Callable[[], bool], again: Callable[[], Awaitable[object]] | None = None) -> None:
    """Poll what another process decides; the suite's own deadline ends it."""
    while not condition():
        if again:
            await again()
        await asyncio.sleep(0.02)


def fixed_header(topic: bytes, payload_bytes: int) -> bytes:
    """PUBLISH at QoS 1 up to its payload (MQTT 3.1.1, 3.3); packet identifier 1."""
    rest = len(topic).to_bytes(2, "big") + topic + b"\x00\x01"
    length, size = len(rest) + payload_bytes, b""
    while True:
        length, low = divmod(length, 128)
        size += bytes([low | (0x80 if length else 0)])
        if not length:
            return b"\x32" + size + rest


def connect_packet() -> bytes:
    """CONNECT with a clean session, as a sensor does (3.1)."""
    texts = (b"sensor", NAME.encode(), PASSWORD.encode())
    rest = b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(len(text).to_bytes(2, "big") + text for text in texts)
    return b"\x10" + bytes([len(rest)]) + rest


class TestColdMqtt(AdapterContract):
    """``measured``: where the device publishes what ``good`` is."""

    ANSWERS = False  # the broker answers the sensor; see invariant 1
    good = good_raw = b'{"temperature": 4.62, "last_seen": "2021-07-19T08:15:02+07:00"}'
    garbage = garbage_raw = b'{"temperature": 4.62, \x00\xff'

    @pytest.fixture(autouse=True)
    async def broker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
        monkeypatch.setenv("SENSOR_PASSWORD", PASSWORD)
        self.port, self.made = free_port(), 0
        broker = EmbeddedBroker(tmp_path, "127.0.0.1", self.port, (ACCOUNT,), ack_wait_seconds=1)
        serving = asyncio.create_task(broker.run(), name="broker")
        await broker.ready.wait()
        yield
        serving.cancel()
        await asyncio.wait({serving})

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return self.make_on(self.port, outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return self.make_on(free_port(), outlet)

    def make_on(self, port: int, outlet: MemoryOutlet) -> ColdMqtt:
        self.made += 1
        config = device(
            **self.settings(),
            bridge_topic=f"zigbee2mqtt/bridge/{self.made}",
            broker=f"mqtt://127.0.0.1:{port}",
            username=NAME,
            password={"env": "SENSOR_PASSWORD"},
        )
        return ColdMqtt(config, outlet)

    def settings(self) -> dict[str, Any]:
        """Of the device that was made last."""
        return {"topic": self.measured()}

    def measured(self) -> str:
        return f"zigbee2mqtt/tu-lanh-{self.made:02d}"

    async def subscribed(self, adapter: ColdMqtt) -> None:
        """The bridge is said to be gone until the adapter has heard it: then its session stands."""
        assert isinstance(adapter.outlet, MemoryOutlet)
        outlet, sensor = adapter.outlet, await self.sensor()

        async def speak() -> None:
            await sensor.publish_one(adapter.config.bridge_state_topic or "", b"offline")

        await until(lambda: ("OFFLINE", "bridge_offline") in outlet.states, speak)
        await sensor.close()

    async def sensor(self) -> Connection:
        address = BrokerAddress("127.0.0.1", self.port, NAME, PASSWORD)
        return await connect(address, "bridge", clean=True, on_messages=lambda _: None)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        assert isinstance(adapter, ColdMqtt)
        outlet = adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        await self.subscribed(adapter)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(connect_packet())
        assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
        writer.write(fixed_header(self.measured().encode(), sum(map(len, chunks))))
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)  # so that short chunks arrive one by one
        assert await reader.readexactly(4) == b"\x40\x02\x00\x01"  # the broker's PUBACK
        await until(lambda: bool(outlet.committed) or (outlet.refuse and not outlet.queued.empty()))
        writer.close()
        await writer.wait_closed()
        return b""

    async def refused(self, adapter: ColdMqtt) -> None:
        async with asyncio.timeout(20), running(adapter) as task:
            await self.deliver(adapter, [self.good])
            await asyncio.wait([task])

    def is_positive(self, answer: bytes) -> bool:
        return bool(answer)

    async def test_what_was_not_committed_comes_again(self) -> None:
        full, empty = MemoryOutlet(refuse=True), MemoryOutlet()
        adapter = self.make_on(self.port, full)
        with pytest.raises(DeviceUnavailable, match="not committed"):
            await self.refused(adapter)
        adapter.outlet = empty
        async with asyncio.timeout(20), running(adapter):
            await until(lambda: bool(empty.facts))
        assert len(empty.facts) == 1

    async def test_kept_copy_comes_as_such(self) -> None:
        outlet = MemoryOutlet()
        adapter = self.make_on(self.port, outlet)
        sensor = await self.sensor()
        await sensor.publish_one(adapter.config.topic, b'{"temperature": 4.5}', retain=True)
        await sensor.close()
        async with asyncio.timeout(20), running(adapter):
            await until(lambda: bool(outlet.states))
        assert [fact.payload.reason for fact in outlet.facts] == ["retained"]  # type: ignore[attr-defined]
        assert outlet.states == [("UNKNOWN", "retained_only")]


class TestDiscovered(TimesAreOurs, TestColdMqtt):
    """Told by Home Assistant's discovery where it publishes; two sessions stand where else is one."""

    PLACE = written([Place("temp.vaccine", ("t",), "°C")])
    good = good_raw = b'{"t": 4.62, "linkquality": 90}'
    garbage = garbage_raw = b'{"t": 4.62, \x00\xff'

    def settings(self) -> dict[str, Any]:
        return {"speaks": "homeassistant", "topic": f"homeassistant/sensor/f{self.made}/t/config"}

    async def subscribed(self, adapter: ColdMqtt) -> None:
        await self.announce(adapter)
        await super().subscribed(adapter)

    async def announce(self, adapter: ColdMqtt) -> None:
        said = b'{"stat_t": "%b", "unit_of_meas": "\xc2\xb0C", "val_tpl": "{{ value_json.t }}"}'
        sensor = await self.sensor()
        await sensor.publish_one(adapter.config.topic, said % self.measured().encode(), retain=True)
        await sensor.close()

    async def test_kept_copy_comes_as_such(self) -> None:
        outlet = MemoryOutlet()
        adapter = self.make_on(self.port, outlet)
        await self.announce(adapter)
        sensor = await self.sensor()
        await sensor.publish_one(self.measured(), self.good, retain=True)
        await sensor.close()
        async with asyncio.timeout(20), running(adapter):
            await until(lambda: ("UNKNOWN", "retained_only") in outlet.states)
        assert [fact.payload.reason for fact in outlet.facts] == ["retained"]  # type: ignore[attr-defined]

    def test_interpret_is_pure(self) -> None:
        """With the place that was announced then, which its capture keeps."""
        adapter = self.make_adapter(MemoryOutlet())
        frame = Frame(self.good_raw, origin=f"mqtt 5 live {self.measured()}\n{self.PLACE}")
        first = adapter.interpret(frame, 0)
        assert first == self.make_adapter(MemoryOutlet()).interpret(frame, 0)
        assert [(fact.key, fact.time_ms) for fact in first.facts] == [("temp.vaccine/r5", 5)]

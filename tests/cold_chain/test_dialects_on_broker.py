"""Dialects over the embedded broker: real sockets and sessions, from a publish to committed readings."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.cold_chain.cold_mqtt import ColdMqtt
from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker
from hub.mqtt.connection import BrokerAddress, Connection, connect
from hub.payloads import Reading
from tests.cold_chain.devices import device
from tests.cold_chain.test_adapter_contract import until
from tests.cold_chain.uplinks import TOPICS, chirpstack
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port

NAME, PASSWORD = "tu-lanh", "of-the-test"
TREES = ("application/#", "homeassistant/#", "tu-lanh-05/#", "zigbee2mqtt/#")
CONFIG = "homeassistant/sensor/0x00158d/temperature/config"
pytestmark = pytest.mark.slow


class Bench:
    """A broker, a publisher on it, and what an adapter has committed."""

    def __init__(self, port: int, publisher: Connection) -> None:
        self.port = port
        self.publisher = publisher
        self.outlet = MemoryOutlet()

    def adapter(self, dialect: str, **settings: Any) -> ColdMqtt:
        broker = {"broker": f"mqtt://127.0.0.1:{self.port}", "username": NAME}
        password = {"password": {"env": "SENSOR_PASSWORD"}}
        return ColdMqtt(device(dialect, **broker, **password, **settings), self.outlet)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await self.publisher.publish_one(topic, payload, retain=retain)

    async def publish_until(self, topic: str, payload: bytes, condition: Callable[[], bool]) -> None:
        """Again and again until it is heard: nobody tells when a subscription stands."""
        await until(condition, lambda: self.publish(topic, payload))

    def values(self) -> dict[str, float | None]:
        said = [fact.payload for fact in self.outlet.facts]
        return {reading.metric: reading.value for reading in said if isinstance(reading, Reading)}


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("SENSOR_PASSWORD", PASSWORD)
    port = free_port()
    account = BusAccount(NAME, PASSWORD, TREES, TREES)
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", port, (account,), ack_wait_seconds=1)
    serving = asyncio.create_task(broker.run(), name="broker")
    await broker.ready.wait()
    address = BrokerAddress("127.0.0.1", port, NAME, PASSWORD)
    publisher = await connect(address, "sensors", clean=True, on_messages=lambda _: None)
    yield Bench(port, publisher)
    await publisher.close()
    serving.cancel()
    await asyncio.wait({serving})


async def test_uplink_of_a_network_server(bench: Bench) -> None:
    adapter = bench.adapter("chirpstack", topic=TOPICS["chirpstack"], payload="milesight-ts301")
    lost_and_a_record = bytes.fromhex("017564 0367FF7F 8467F70001 20CEC79AFA6444BDFFF600")
    uplink = chirpstack(lost_and_a_record, time=datetime.now(UTC).isoformat())
    async with asyncio.timeout(20), running(adapter):
        await bench.publish_until(TOPICS["chirpstack"], uplink, lambda: bool(bench.outlet.facts))
        await until(lambda: ("DEGRADED", "probe_failed") in bench.outlet.states)
    ids = {(fact.key, fact.time_ms): fact for fact in bench.outlet.facts}
    assert len(ids) == 6  # however often it was published
    assert [fact.time_ms for fact in bench.outlet.facts[-2:]] == [1_694_145_223_000] * 2
    live = {reading.metric: reading.reason for reading in (f.payload for f in bench.outlet.facts[:4])}  # type: ignore[attr-defined]
    assert live["temp.vaccine"] == "probe_lost"


async def test_topics_of_one_node(bench: Bench) -> None:
    probes = {"nhiet_do": "temp.vaccine", "cua": "door.open"}
    adapter = bench.adapter("esphome", topic="tu-lanh-05", probes=probes)
    states = bench.outlet.states
    async with asyncio.timeout(20), running(adapter):
        online = ("ONLINE", "reported_online")
        await bench.publish_until("tu-lanh-05/status", b"online", lambda: online in states)
        await bench.publish("tu-lanh-05/sensor/nhiet_do/state", b"4.31")
        await bench.publish("tu-lanh-05/binary_sensor/cua/state", b"ON")
        await until(lambda: len(bench.outlet.facts) == 2)
    assert bench.values() == {"temp.vaccine": 4.31, "door.open": 1.0}


async def test_discovery_leads_to_the_values_and_moves_with_them(bench: Bench) -> None:
    def announce(topic: str, template: str = "{{ value_json.temperature }}") -> bytes:
        said = {"stat_t": topic, "unit_of_meas": "°C", "val_tpl": template}
        return json.dumps(said).encode()

    def heard(value: float) -> Callable[[], bool]:
        return lambda: value in {getattr(fact.payload, "value", None) for fact in bench.outlet.facts}

    await bench.publish(CONFIG, announce("zigbee2mqtt/a"), retain=True)
    adapter = bench.adapter("homeassistant", topic=CONFIG)
    async with asyncio.timeout(30), running(adapter):
        await bench.publish_until("zigbee2mqtt/a", b'{"temperature": 4.1}', heard(4.1))
        await bench.publish(CONFIG, announce("zigbee2mqtt/b", "{{ value_json.t }}"), retain=True)
        await bench.publish_until("zigbee2mqtt/b", b'{"t": 4.2, "temperature": 99}', heard(4.2))
        await bench.publish(CONFIG, announce("zigbee2mqtt/b"), retain=True)
        await bench.publish_until("zigbee2mqtt/b", b'{"t": 4.2, "temperature": 4.3}', heard(4.3))
        waits = bench.outlet.states.count(("UNKNOWN", "waits_for_discovery"))
        await bench.publish(CONFIG, b"", retain=True)
        await until(lambda: bench.outlet.states.count(("UNKNOWN", "waits_for_discovery")) > waits)
    assert set(bench.values()) == {"temp.vaccine"}

"""The bridge against a real NATS server, seen by a real MQTT subscriber."""

import json
import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.cold_chain.bridge_life import read
from simulators.cold_chain.fridge import Sample, SimulatedFridge
from simulators.cold_chain.zigbee_fridge import ZigbeeBridge
from simulators.province import FridgePlan, Incident, load_province
from simulators.truth import TruthFile
from tests.simulators.nats import NatsServer

pytestmark = pytest.mark.slow

PLAN = FridgePlan("tu-lanh-01", "cdc", "fridge")
SAMPLE = Sample(temperature=4.83, humidity=44.1, battery=97, voltage=3082, linkquality=120)
AT = datetime(2021, 8, 5, 7, 30, 0, 123_000, tzinfo=UTC)
DEADLINE_SECONDS = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    nats = NatsServer(tmp_path)
    nats.start()
    yield nats
    nats.kill()


class Subscriber:
    """Hears everything below ``zigbee2mqtt``; its session outlives the server."""

    def __init__(self, server: NatsServer) -> None:
        self.messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        self.client.username_pw_set(server.user, server.password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = lambda client, data, message: self.messages.put(message)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *args: self._subscribed.set()
        self.client.connect("127.0.0.1", server.port)
        self.client.loop_start()
        assert self._subscribed.wait(DEADLINE_SECONDS)

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, extra: Any) -> None:
        client.subscribe("zigbee2mqtt/#", qos=1)

    def until(self, topic: str) -> tuple[mqtt.MQTTMessage, Any]:
        """The next message on ``topic``, others passed over; queue.Empty when none comes."""
        while True:
            message = self.messages.get(timeout=DEADLINE_SECONDS)
            if message.topic == topic:
                return message, json.loads(message.payload)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def subscriber(server: NatsServer) -> Iterator[Subscriber]:
    listener = Subscriber(server)
    yield listener
    listener.close()


class Heard:
    """What a bridge said about its connection."""

    def __init__(self) -> None:
        self.texts: queue.Queue[str] = queue.Queue()

    def until(self, word: str) -> str:
        while True:
            text = self.texts.get(timeout=DEADLINE_SECONDS)
            if text.startswith(word):
                return text


def bridge(server: NatsServer, truth: TruthFile, heard: Heard, **options: Any) -> ZigbeeBridge:
    account = {"user": server.user, "password": server.password} | options
    return ZigbeeBridge("127.0.0.1", server.port, truth, notice=heard.texts.put, **account)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_reading_arrives_as_zigbee2mqtt_writes_it(server: NatsServer, subscriber: Subscriber) -> None:
    with TruthFile(None) as truth:
        sending = bridge(server, truth, Heard())
        sending.start()
        assert subscriber.until("zigbee2mqtt/bridge/state")[1] == {"state": "online"}
        sending.publish(PLAN, SAMPLE, AT)
        message, payload = subscriber.until(PLAN.topic)
        sending.stop()
    assert payload == {
        "battery": 97,
        "humidity": 44.1,
        "last_seen": "2021-08-05T07:30:00.123Z",
        "linkquality": 120,
        "temperature": 4.83,
        "voltage": 3082,
    }
    assert message.qos == 1
    assert subscriber.until("zigbee2mqtt/bridge/state")[1] == {"state": "offline"}


def test_what_was_read_while_the_broker_was_dead_arrives_after_it_is_back(
    server: NatsServer, subscriber: Subscriber, tmp_path: Path
) -> None:
    path, heard = tmp_path / "truth.jsonl", Heard()
    temperatures = [4.0, 5.0, 6.0]
    with TruthFile(path) as truth:
        sending = bridge(server, truth, heard)
        sending.start()
        heard.until("connected")
        server.kill()
        heard.until("lost")
        for temperature in temperatures:
            sending.publish(PLAN, Sample(temperature, 44.0, 97, 3082, 120), AT)
        server.start()
        seen = {subscriber.until(PLAN.topic)[1]["temperature"] for _ in temperatures}
        sending.stop()
    assert seen == set(temperatures)
    assert {line["temperature"]: line["acked"] for line in lines(path)} == dict.fromkeys(temperatures, True)


def test_the_buffer_is_bounded_and_the_truth_says_what_was_dropped(
    server: NatsServer, tmp_path: Path
) -> None:
    server.kill()
    path = tmp_path / "truth.jsonl"
    with TruthFile(path) as truth:
        sending = bridge(server, truth, Heard(), buffer_messages=5)
        sending.start()
        for _ in range(8):
            sending.publish(PLAN, SAMPLE, AT)
        sending.stop()
    assert (sending.counts.published, sending.counts.refused) == (5, 3)
    assert [line.get("refused", False) for line in lines(path)] == [True] * 3 + [False] * 5
    assert not any(line["acked"] for line in lines(path))


def test_a_wrong_password_is_told_once(server: NatsServer) -> None:
    heard = Heard()
    with TruthFile(None) as truth:
        sending = bridge(server, truth, heard, password="wrong")
        sending.start()
        assert "refuses us" in heard.until("the broker")
        sending.stop()
    assert "wrong" not in "".join(heard.texts.queue)


def test_a_silent_sensor_is_announced_offline_and_says_nothing(
    server: NatsServer, subscriber: Subscriber
) -> None:
    silent = Incident("silent", after_minutes=1, lasts_minutes=2, every_minutes=100)
    fridge = SimulatedFridge(FridgePlan("f1", "cdc", "fridge", incidents=(silent,)), seed=1)
    with TruthFile(None) as truth:
        sending = bridge(server, truth, Heard())
        sending.start()
        subscriber.until("zigbee2mqtt/bridge/state")
        for _ in range(4):
            read(sending, fridge, 0.9)
        heard = [subscriber.until(topic)[1] for topic in ["zigbee2mqtt/f1/availability"] * 3]
        sending.stop()
    assert [state["state"] for state in heard] == ["online", "offline", "online"]
    assert sending.counts.published == 2


def test_a_sensor_without_last_seen_sends_none(server: NatsServer, subscriber: Subscriber) -> None:
    plan = next(plan for plan in load_province().fridges if not plan.last_seen)
    with TruthFile(None) as truth:
        sending = bridge(server, truth, Heard())
        sending.start()
        sending.publish(plan, SAMPLE, AT)
        assert "last_seen" not in subscriber.until(plan.topic)[1]
        sending.stop()

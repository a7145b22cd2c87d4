"""A Zigbee2MQTT-style bridge: publishes its sensors' states and availability with QoS 1.

Topics and payloads as Zigbee2MQTT documents them: ``zigbee2mqtt/<name>`` with a flat JSON object,
``zigbee2mqtt/<name>/availability`` and ``zigbee2mqtt/bridge/state`` retained with ``{"state": …}``.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from simulators.cold_chain.fridge import Sample
from simulators.province import BASE_TOPIC, FridgePlan
from simulators.truth import TruthFile

BUFFER_MESSAGES = 1000  # kept while the broker is away, 10 sensors for about 8 minutes; more is refused
IN_FLIGHT = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1, 2  # paho counts whole seconds; the demo must show soon
KEEPALIVE_SECONDS = 15


@dataclass(slots=True)
class BridgeCounts:
    """``refused``: not taken because the buffer was full; nobody will ever see those."""

    published: int = 0
    acknowledged: int = 0
    refused: int = 0
    connects: int = 0


class ZigbeeBridge:
    """One MQTT session for all sensors of the province. ``notice`` is called from paho's thread too."""

    def __init__(
        self,
        host: str,
        port: int,
        truth: TruthFile,
        *,
        client_id: str = "zigbee2mqtt",
        user: str | None = None,
        password: str | None = None,
        notice: Callable[[str], None] = lambda text: None,
        buffer_messages: int = BUFFER_MESSAGES,
    ) -> None:
        self.host = host
        self.port = port
        self.truth = truth
        self.notice = notice
        self.counts = BridgeCounts()
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[str, object] | None] = {}  # None: a state, which is no reading
        self._acknowledged_early: set[int] = set()
        self._availability: dict[str, str] = {}
        self._said = ""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.username_pw_set(user, password)
        self._client.max_queued_messages_set(buffer_messages)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        self._client.will_set(f"{BASE_TOPIC}/bridge/state", _state("offline"), qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    def start(self) -> None:
        """Connect in the background, and again whenever the broker was away."""
        self._client.connect_async(self.host, self.port, keepalive=KEEPALIVE_SECONDS)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye, end the thread, and write what was never acknowledged to the truth."""
        if self._client.is_connected():
            self._publish_state(f"{BASE_TOPIC}/bridge", "state", "offline")
        self._client.disconnect()
        self._client.loop_stop()
        with self._lock:
            for record in filter(None, self._waiting.values()):
                self.truth.write(record | {"acked": False})
            self._waiting.clear()

    def publish(self, plan: FridgePlan, sample: Sample, at: datetime) -> None:
        """Publish a sensor's state; while the broker is away it is kept as far as the buffer goes."""
        record = {
            "kind": "reading",
            "device": plan.id,
            "topic": plan.topic,
            "at": at.isoformat(),
            **asdict(sample),
        }
        sent = self._client.publish(plan.topic, json.dumps(_payload(plan, sample, at)), qos=1)
        if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self.counts.refused += 1
            self.truth.write(record | {"acked": False, "refused": True})
            return
        self.counts.published += 1
        self._remember(sent.mid, record)

    def availability(self, plan: FridgePlan, state: str) -> None:
        """Publish ``online`` or ``offline`` for a sensor, retained, when it changed."""
        if self._availability.get(plan.topic) != state:
            self._availability[plan.topic] = state
            self._publish_state(plan.topic, "availability", state)

    def _publish_state(self, topic: str, level: str, state: str) -> None:
        sent = self._client.publish(f"{topic}/{level}", _state(state), qos=1, retain=True)
        if sent.rc != mqtt.MQTT_ERR_QUEUE_SIZE:
            self._remember(sent.mid, None)

    def _remember(self, mid: int, record: dict[str, object] | None) -> None:
        """Wait for the PUBACK, which paho's thread may have seen already.

        Publishing under our lock would close a circle: paho calls back under a lock of its own.
        """
        with self._lock:
            if mid in self._acknowledged_early:
                self._acknowledged_early.discard(mid)
                self._acknowledge(record)
            else:
                self._waiting[mid] = record

    def _acknowledge(self, record: dict[str, object] | None) -> None:
        if record is not None:
            self.counts.acknowledged += 1
            self.truth.write(record | {"acked": True})

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, extra: Any) -> None:
        if reason.is_failure:
            self._say(f"the broker at {self.host}:{self.port} refuses us: {reason}")
            return
        self.counts.connects += 1
        self._say(f"connected to the broker at {self.host}:{self.port}")
        self._publish_state(f"{BASE_TOPIC}/bridge", "state", "online")

    def _on_connect_fail(self, client: mqtt.Client, data: Any) -> None:
        self._say(f"no broker at {self.host}:{self.port}, will try again")

    def _on_disconnect(
        self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, extra: Any
    ) -> None:
        if reason.is_failure:
            self._say(f"lost the broker at {self.host}:{self.port}, will try again")

    def _on_publish(self, client: mqtt.Client, data: Any, mid: int, reason: ReasonCode, extra: Any) -> None:
        with self._lock:
            if mid in self._waiting:
                self._acknowledge(self._waiting.pop(mid))
            else:
                self._acknowledged_early.add(mid)

    def _say(self, text: str) -> None:
        """Tell each change once, however often the same thing happens."""
        if text != self._said:
            self._said = text
            self.notice(text)


def _payload(plan: FridgePlan, sample: Sample, at: datetime) -> dict[str, object]:
    """The state as Zigbee2MQTT writes it; ``last_seen`` (ISO 8601) only where it is switched on."""
    said = sorted(asdict(sample).items())
    payload: dict[str, object] = {name: value for name, value in said if value is not None}
    if plan.last_seen:
        utc = at.astimezone(UTC)
        payload["last_seen"] = f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
    return payload


def _state(state: str) -> str:
    return json.dumps({"state": state})

"""One MQTT session for all units that publish: QoS 1, a message is taken when the broker says so."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from simulators.cold_chain.unit_lines import LineCounts
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message

MOST_WAITING = 500  # messages without the broker's word; then units keep theirs
IN_FLIGHT = 100
KEEPALIVE_SECONDS = 15


class MqttLine:
    """Must be made where an event loop runs; ``notice`` is called from paho's thread."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        client_id: str,
        user: str | None = None,
        password: str | None = None,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.counts = LineCounts()
        self._broker = f"{host}:{port}"
        self._notice = notice
        self._said = ""
        self._loop = asyncio.get_running_loop()
        self._places = asyncio.Semaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.username_pw_set(user, password)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect_async(host, port, keepalive=KEEPALIVE_SECONDS)
        self._client.loop_start()

    async def send(self, plan: UnitPlan, message: Message) -> None:
        """Hand it over; it is kept until the broker has it. Waits while too many are on the way."""
        await self._places.acquire()
        self.counts.sent += 1
        self._client.publish(plan.topic, message.body, qos=1)

    async def taken(self) -> None:
        """Until the broker has all of them."""
        for _ in range(MOST_WAITING):
            await self._places.acquire()
        for _ in range(MOST_WAITING):
            self._places.release()

    async def close(self) -> None:
        """Say goodbye; what the broker has not taken is lost."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _on_publish(self, client: mqtt.Client, data: Any, mid: int, reason: ReasonCode, extra: Any) -> None:
        self._loop.call_soon_threadsafe(self._acknowledged)

    def _acknowledged(self) -> None:
        self.counts.taken += 1
        self._places.release()

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, extra: Any) -> None:
        refused = f"the broker at {self._broker} refuses us: {reason}"
        self._say(refused if reason.is_failure else f"connected to the broker at {self._broker}")

    def _on_disconnect(
        self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, extra: Any
    ) -> None:
        if reason.is_failure:
            self._say(f"lost the broker at {self._broker}, will try again")

    def _say(self, text: str) -> None:
        with self._lock:
            if text == self._said:
                return
            self._said = text
        self._notice(text)

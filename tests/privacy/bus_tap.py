"""Hears everything on the bus, with the widest account there is, by a client that is not ours."""

import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

ROOT = "epihub/v1/#"
GRANT_SECONDS = 10


class BusTap:
    """``heard`` is every topic and payload since the subscription was granted, retained ones too."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self._port = port
        self._parts: list[bytes] = []
        self._events: dict[str, int] = {}
        self._granted = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="tap")
        password = json.loads((data_dir / "bus-accounts.json").read_text("utf-8"))["hub"]
        self._client.username_pw_set("hub", password)
        self._client.on_connect = lambda client, *_: client.subscribe(ROOT, 1)
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._message

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._granted.wait(GRANT_SECONDS), "the bus granted no subscription"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def heard(self) -> bytes:
        return b"\n".join(self._parts)

    def count(self, event_type: str) -> int:
        """How many different events of a type came by."""
        return sum(name.endswith(event_type.replace(".", "-")) for name in self._events)

    def _subscribed(self, _client: Any, _data: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        if not any(code.is_failure for code in codes):
            self._granted.set()

    def _message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._parts += [message.topic.encode(), bytes(message.payload)]
        if message.topic.startswith("epihub/v1/evt/"):
            self._events[f"{json.loads(message.payload)['id']} {message.topic}"] = 1

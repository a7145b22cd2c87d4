"""The state of each device, as its adapter and its messages tell it; every change is an event."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.contract import DeviceState
from hub.events import format_time
from hub.payloads import DeviceStatus

RUNNING = "running"


@dataclass(slots=True)
class Device:
    """``last_message_ms`` 0: nothing came since this process started."""

    id: str
    site: str
    kind: str
    state: DeviceState = "UNKNOWN"
    reason: str = "started"
    since_ms: int = 0
    last_message_ms: int = 0

    def status(self) -> DeviceStatus:
        last = format_time(self.last_message_ms) if self.last_message_ms else None
        return DeviceStatus(self.state, self.reason, format_time(self.since_ms), last, kind=self.kind)


class DeviceBook:
    """``changed`` hears each change once, the first state included."""

    def __init__(self, changed: Callable[[Device], None], now_ms: Callable[[], int]) -> None:
        self.devices: dict[str, Device] = {}
        self._changed = changed
        self._now_ms = now_ms

    def add(self, device: Device) -> Device:
        device.since_ms = self._now_ms()
        self.devices[device.id] = device
        self._changed(device)
        return device

    def spoke(self, device: Device, at_ms: int) -> None:
        """Something usable came: a device that speaks is not away."""
        device.last_message_ms = at_ms
        if device.state in ("UNKNOWN", "OFFLINE"):
            self.tell(device, "ONLINE", "message")

    def tell(self, device: Device, state: DeviceState, reason: str) -> None:
        if (state, reason) == (device.state, device.reason):
            return
        device.since_ms = self._now_ms() if state != device.state else device.since_ms
        device.state, device.reason = state, reason
        self._changed(device)

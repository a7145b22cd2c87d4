"""The state of each device, as its adapter and its messages tell it; every change is an event."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET

from hub.contract import DeviceState
from hub.events import format_time
from hub.payloads import DeviceStatus

RUNNING = "running"
CLOCK_WRONG = "clock_wrong"
CLOCK_WRONG_SECONDS = 120.0  # a minute is lost where times have no seconds, and some are rounded
CLOCK_RIGHT_SECONDS = 90.0
CLOCK_MOVED_SECONDS = 60.0  # by so much more or less, and it is told anew


@dataclass(slots=True)
class Device:
    """``last_message_ms`` 0: nothing came since this process started.

    ``state`` and ``reason`` are what is shown: what the adapter ``said``, unless the clock is wrong.
    ``clock_offset_s``: how far its clock is ahead of ours, None: not known.
    """

    id: str
    site: str
    kind: str
    profile: str | None = None
    gateway: str = ""  # that it is heard through
    state: DeviceState = "UNKNOWN"
    reason: str = "started"
    since_ms: int = 0
    last_message_ms: int = 0
    clock_offset_s: int | None = None
    said: tuple[DeviceState, str] = ("UNKNOWN", "started")
    clock_is_wrong: bool = False

    def status(self) -> DeviceStatus:
        last = format_time(self.last_message_ms) if self.last_message_ms else None
        since = format_time(self.since_ms)
        profile, gateway = self.profile or UNSET, self.gateway or UNSET
        return DeviceStatus(
            self.state, self.reason, since, last, self.clock_offset_s, self.kind, profile, gateway
        )


class DeviceBook:
    """``changed`` hears each change once, the first state included."""

    def __init__(self, changed: Callable[[Device], None], now_ms: Callable[[], int]) -> None:
        self.devices: dict[str, Device] = {}
        self._changed = changed
        self._now_ms = now_ms

    def add(self, device: Device) -> Device:
        device.since_ms = self._now_ms()
        device.said = (device.state, device.reason)
        self.devices[device.id] = device
        self._changed(device)
        return device

    def spoke(self, device: Device, at_ms: int) -> None:
        """Something usable came: a device that speaks is not away."""
        device.last_message_ms = at_ms
        if device.state in ("UNKNOWN", "OFFLINE"):
            self.tell(device, "ONLINE", "message")

    def tell(self, device: Device, state: DeviceState, reason: str) -> None:
        device.said = (state, reason)
        self._show(device)

    def clock(self, device: Device, offset_seconds: float) -> None:
        """A clock that is wrong degrades a device that is well otherwise; less than the limit is no news."""
        before = device.clock_offset_s
        limit = CLOCK_RIGHT_SECONDS if device.clock_is_wrong else CLOCK_WRONG_SECONDS
        device.clock_is_wrong = abs(offset_seconds) > limit
        moved = before is None or abs(offset_seconds - before) >= CLOCK_MOVED_SECONDS
        if moved or not device.clock_is_wrong:
            device.clock_offset_s = round(offset_seconds)
        self._show(device, again=moved and before is not None and device.clock_is_wrong)

    def _show(self, device: Device, *, again: bool = False) -> None:
        state, reason = device.said
        if state == "ONLINE" and device.clock_is_wrong:
            state, reason = "DEGRADED", CLOCK_WRONG
        if (state, reason) == (device.state, device.reason) and not again:
            return
        device.since_ms = self._now_ms() if state != device.state else device.since_ms
        device.state, device.reason = state, reason
        self._changed(device)

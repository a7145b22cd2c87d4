"""What the hub tells of edges and of itself: statuses like those of devices, with the readings they make."""

from msgspec import UNSET

from hub.events import format_time
from hub.machine_metrics import ONLINE, RATIO
from hub.payloads import DeviceState, DeviceStatus, Reading
from hub.sink.born import born
from hub.sink.machine_readings import machine_readings
from storage.contract import Arrival


def own_status(
    site: str,
    device: str,
    kind: str,
    state: DeviceState,
    reason: str,
    at_ms: int,
    clock_offset_s: float | None,
) -> list[Arrival]:
    """A status that is born at the hub, and what rules see of it."""
    since = format_time(at_ms)
    status = DeviceStatus(state, reason, since, None, clock_offset_s, kind, UNSET, UNSET)
    told = born(site, status, f"{device}/status/{at_ms}", at_ms, device)
    return [told, *machine_readings(told.event, status)]


def own_beat(site: str, device: str, at_ms: int) -> Arrival:
    """It is still there."""
    return born(site, Reading(ONLINE, 1.0, RATIO), f"{ONLINE}|{at_ms}", at_ms, device)

"""What devices and edges tell of themselves, as readings that rules judge (docs/alarms.md, Machines).

Pure, and made of the event alone: whoever reads the journal again gets the same bytes.
"""

import math
from collections.abc import Iterator

from hub.events import Event, is_level, parse_time
from hub.machine_metrics import CLOCK_SKEW, ONLINE, RATIO, SECOND, SPOOL_PRUNED
from hub.payloads import DeviceStatus, Payload, Reading, Skipped
from hub.sink.born import PRUNED, born
from storage.contract import Arrival

BRIDGE_OFFLINE = "bridge_offline"
UNKNOWN = "device.unknown"
MOST = 1_000_000_000  # rows or seconds: what is beyond says no more
_HEARD = ("ONLINE", "DEGRADED")
# Away or not; MAINTENANCE is no absence. UNKNOWN is no value.
_ONLINE: dict[str, float] = {"ONLINE": 1.0, "DEGRADED": 1.0, "MAINTENANCE": 1.0, "OFFLINE": 0.0}


def machine_readings(event: Event, payload: Payload | None) -> list[Arrival]:
    """Born at the hub, at the event's own time; raises ValueError or OverflowError where that is none."""
    if isinstance(payload, DeviceStatus):
        return list(_of_status(event, payload))
    if isinstance(payload, Skipped) and payload.reason == PRUNED:
        return list(_of_hole(event, payload))
    return []


def _of_status(event: Event, status: DeviceStatus) -> Iterator[Arrival]:
    at_ms = parse_time(event.time)
    yield _reading(event.site, event.device, _online(status), at_ms)
    if status.clock_offset_s is not None and math.isfinite(status.clock_offset_s):
        skew = min(abs(status.clock_offset_s), float(MOST))
        yield _reading(event.site, event.device, Reading(CLOCK_SKEW, skew, SECOND), at_ms)
    if not status.gateway or not is_level(status.gateway):
        return
    if status.reason == BRIDGE_OFFLINE:
        yield _reading(event.site, status.gateway, Reading(ONLINE, 0.0, RATIO), at_ms)
    elif status.state in _HEARD:  # who is heard through it, hears it
        yield _reading(event.site, status.gateway, Reading(ONLINE, 1.0, RATIO), at_ms)


def _online(status: DeviceStatus) -> Reading:
    value = _ONLINE.get(status.state)
    if value is None:
        return Reading(ONLINE, None, RATIO, quality="BAD", reason=UNKNOWN)
    return Reading(ONLINE, value, RATIO)


def _of_hole(event: Event, skipped: Skipped) -> Iterator[Arrival]:
    """A loss is one instant: the rule says how long its incident stands."""
    at_ms = parse_time(event.time)
    count = float(max(0, min(skipped.count, MOST)))
    yield _reading(event.site, event.edge, Reading(SPOOL_PRUNED, count, RATIO), at_ms)
    yield _reading(event.site, event.edge, Reading(SPOOL_PRUNED, 0.0, RATIO), at_ms + 1)


def _reading(site: str, device: str, reading: Reading, at_ms: int) -> Arrival:
    return born(site, reading, f"{reading.metric}|{at_ms}", at_ms, device)

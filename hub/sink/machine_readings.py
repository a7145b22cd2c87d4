"""What devices and edges tell of themselves, as readings that rules judge (docs/alarms.md, Machines).

Pure, and made of the event alone: whoever reads the journal again gets the same bytes.
"""

import math
from collections.abc import Iterator

from hub.events import Event, is_level, parse_time
from hub.machine_metrics import (
    BIT_PER_SECOND,
    CAMERA_BITRATE,
    CAMERA_FAULTS,
    CAMERA_FPS,
    CAMERA_LOSS,
    CLOCK_SKEW,
    ONLINE,
    PER_SECOND,
    RATIO,
    SECOND,
    SPOOL_PRUNED,
)
from hub.payloads import CameraHealth, DeviceStatus, Payload, Reading, Skipped
from hub.sink.born import PRUNED, born
from storage.contract import Arrival

BRIDGE_OFFLINE = "bridge_offline"
SWITCH_OFFLINE = "switch_offline"  # of cameras: many of one switch were lost at once
CAMERA_KIND = "rtsp"
# What an edge says of a camera that is there and well; "clock_wrong" hides the other two.
CAMERA_IS_HEARD = frozenset({"watching", "switch_online", "clock_wrong"})
UNKNOWN = "device.unknown"
MOST = 1_000_000_000  # rows or seconds: what is beyond says no more
_HEARD = ("ONLINE", "DEGRADED")
# Away or not; MAINTENANCE is no absence. UNKNOWN is no value.
_ONLINE: dict[str, float] = {"ONLINE": 1.0, "DEGRADED": 1.0, "MAINTENANCE": 1.0, "OFFLINE": 0.0}


def machine_readings(event: Event, payload: Payload | None) -> list[Arrival]:
    """Born at the hub, at the event's own time; raises ValueError or OverflowError where that is none."""
    if isinstance(payload, DeviceStatus):
        return list(_of_status(event, payload))
    if isinstance(payload, CameraHealth):
        return list(_of_camera(event, payload))
    if isinstance(payload, Skipped) and payload.reason == PRUNED:
        return list(_of_hole(event, payload))
    return []


def _of_status(event: Event, status: DeviceStatus) -> Iterator[Arrival]:
    at_ms = parse_time(event.time)
    yield _reading(event.site, event.device, _online(status), at_ms)
    yield from _of_clock(event, status.clock_offset_s, at_ms)
    if status.gateway and is_level(status.gateway):
        heard = _gateway_is_heard(status)
        if heard is not None:
            yield _reading(event.site, status.gateway, Reading(ONLINE, float(heard), RATIO), at_ms)


def _of_clock(event: Event, offset_s: float | None, at_ms: int) -> Iterator[Arrival]:
    if offset_s is not None and math.isfinite(offset_s):
        skew = min(abs(offset_s), float(MOST))
        yield _reading(event.site, event.device, Reading(CLOCK_SKEW, skew, SECOND), at_ms)


def _gateway_is_heard(status: DeviceStatus) -> bool | None:
    """None: this says nothing of it."""
    if status.reason in (BRIDGE_OFFLINE, SWITCH_OFFLINE):
        return False
    if status.kind == CAMERA_KIND:  # a fault of a picture behind the half of a switch that lives
        return True if status.reason in CAMERA_IS_HEARD else None
    return True if status.state in _HEARD else None  # who is heard through it, hears it


def _of_camera(event: Event, health: CameraHealth) -> Iterator[Arrival]:
    """Its figures, and of its faults those that stand and those that do not any more."""
    at_ms = parse_time(event.time)
    figures = (
        (CAMERA_FPS, health.fps, PER_SECOND),
        (CAMERA_BITRATE, health.bitrate, BIT_PER_SECOND),
        (CAMERA_LOSS, health.loss, RATIO),
    )
    for metric, value, unit in figures:
        if value is not None and math.isfinite(value):
            figure = Reading(metric, min(max(value, 0.0), float(MOST)), unit)
            yield _reading(event.site, event.device, figure, at_ms)
    for fault, metric in CAMERA_FAULTS.items():
        if metric and (fault in health.faults or fault in health.cleared):
            stands = Reading(metric, float(fault in health.faults), RATIO)
            yield _reading(event.site, event.device, stands, at_ms)
    yield from _of_clock(event, health.clock_offset_s, at_ms)


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

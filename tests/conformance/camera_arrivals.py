"""What cameras tell, for the store's tests: each telling with its place in the edge's order."""

from typing import Any

from hub.events import format_time
from hub.payloads import CameraHealth
from storage.contract import Arrival
from tests.conformance.store_arrivals import EPOCH_A, From, arrival

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
SITE, CAMERA = "kho-vac-xin", "cam-cua-truoc"
REASONS = {
    "ONLINE": "streaming",
    "DEGRADED": "streaming",
    "OFFLINE": "closed",
    "MAINTENANCE": "maintenance",
    "UNKNOWN": "starting",
}


def told(
    state: Any,
    since_ms: int,
    at_ms: int,
    seq: int = 1,
    *,
    device: str = CAMERA,
    site: str = SITE,
    edge: str = "edge-1",
    epoch: str = EPOCH_A,
    reason: str | None = None,
    **more: Any,
) -> Arrival:
    """At ``at_ms`` a camera says how it stands since ``since_ms``."""
    payload = CameraHealth(state, REASONS[state] if reason is None else reason, format_time(since_ms), **more)
    origin = From(device, site, edge, epoch, seq)
    return arrival(payload, origin, time_ms=at_ms, subject=f"health|{at_ms}|{seq}")

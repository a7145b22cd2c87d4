"""Events as columns of the tables, in the order in which both dialects insert them."""

from hub.events import parse_time
from hub.payloads import DeviceStatus
from storage.admission import Stored

Columns = tuple[object, ...]


def log_columns(stored: Stored, body: bytes) -> Columns:
    """A row of the log after its number."""
    event = stored.event
    return (
        stored.id,
        event.type,
        event.edge,
        stored.epoch,
        event.seq,
        event.site,
        event.device,
        event.subject,
        stored.supersedes or None,
        stored.time_ms,
        stored.arrived_ms,
        body,
    )


def device_columns(stored: Stored, payload: DeviceStatus) -> Columns:
    """The state of a device; raises ValueError for times that are none.

    What the hub itself bears has no number of an edge's: its place in the log is its order.
    """
    event = stored.event
    return (
        event.edge,
        event.device,
        event.site,
        payload.kind,
        payload.state,
        payload.reason,
        parse_time(payload.since),
        stored.epoch,
        event.seq or stored.number,
        parse_time(payload.last_message) if payload.last_message else None,
        payload.clock_offset_s,
        payload.profile or None,
    )

"""device.status.v1: the state of each device, in its edge's order."""

from hub.events import parse_time
from hub.payloads import DeviceStatus
from storage.admission import Stored
from storage.sqlite.session import Session

TYPE = DeviceStatus.TYPE

_UPSERT = """
INSERT INTO device
    (edge, device, site, kind, state, reason, since_ms, status_epoch, status_seq, last_message_ms,
     clock_offset_s)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (edge, device) DO UPDATE
SET site = excluded.site, kind = coalesce(excluded.kind, device.kind), state = excluded.state,
    reason = excluded.reason, since_ms = excluded.since_ms, clock_offset_s = excluded.clock_offset_s,
    status_epoch = excluded.status_epoch, status_seq = excluded.status_seq,
    last_message_ms = max(coalesce(excluded.last_message_ms, device.last_message_ms),
                          coalesce(device.last_message_ms, excluded.last_message_ms))
WHERE (excluded.status_epoch, excluded.status_seq) > (device.status_epoch, device.status_seq)
"""


def apply(session: Session, stored: Stored, payload: DeviceStatus) -> None:
    """An older state than the stored one changes nothing."""
    event = stored.event
    last_message_ms = parse_time(payload.last_message) if payload.last_message else None
    session.connection.execute(
        _UPSERT,
        (
            event.edge,
            event.device,
            event.site,
            payload.kind,
            payload.state,
            payload.reason,
            parse_time(payload.since),
            stored.epoch,
            event.seq,
            last_message_ms,
            payload.clock_offset_s,
        ),
    )

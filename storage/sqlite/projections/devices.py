"""device.status.v1: the state of each device, in its edge's order."""

from hub.payloads import DeviceStatus
from storage.admission import Stored
from storage.columns import device_columns
from storage.sqlite.session import Session

TYPE = DeviceStatus.TYPE

_UPSERT = """
INSERT INTO device
    (edge, device, site, kind, state, reason, since_ms, status_epoch, status_seq, last_message_ms,
     clock_offset_s, profile)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (edge, device) DO UPDATE
SET site = excluded.site, kind = coalesce(excluded.kind, device.kind),
    profile = coalesce(excluded.profile, device.profile), state = excluded.state,
    reason = excluded.reason, since_ms = excluded.since_ms, clock_offset_s = excluded.clock_offset_s,
    status_epoch = excluded.status_epoch, status_seq = excluded.status_seq,
    last_message_ms = max(coalesce(excluded.last_message_ms, device.last_message_ms),
                          coalesce(device.last_message_ms, excluded.last_message_ms))
WHERE (excluded.status_epoch, excluded.status_seq) > (device.status_epoch, device.status_seq)
"""


def apply(session: Session, stored: Stored, payload: DeviceStatus) -> None:
    """An older state than the stored one changes nothing."""
    session.connection.execute(_UPSERT, device_columns(stored, payload))

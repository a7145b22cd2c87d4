"""device.status.v1: the state of each device, in its edge's order."""

from hub.payloads import DeviceStatus
from storage.columns import device_columns
from storage.postgres.entries import Entry
from storage.postgres.session import Session

TYPE = DeviceStatus.TYPE

_UPSERT = """
INSERT INTO device
    (edge, device, site, kind, state, reason, since_ms, status_epoch, status_seq, last_message_ms,
     clock_offset_s, profile)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (edge, device) DO UPDATE
SET site = excluded.site, kind = coalesce(excluded.kind, device.kind),
    profile = coalesce(excluded.profile, device.profile), state = excluded.state,
    reason = excluded.reason, since_ms = excluded.since_ms, clock_offset_s = excluded.clock_offset_s,
    status_epoch = excluded.status_epoch, status_seq = excluded.status_seq,
    last_message_ms = greatest(excluded.last_message_ms, device.last_message_ms)
WHERE (excluded.status_epoch, excluded.status_seq) > (device.status_epoch, device.status_seq)
"""


prepare = device_columns


async def apply(session: Session, entries: list[Entry]) -> None:
    """An older state than the stored one changes nothing."""
    await session.connection.executemany(_UPSERT, [entry.prepared for entry in entries])

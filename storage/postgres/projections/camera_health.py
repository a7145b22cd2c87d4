"""camera.health.v1: what a camera told last, and since when it stands so."""

from hub.payloads import CameraHealth
from storage.camera_facts import camera_rows
from storage.postgres.entries import Entry
from storage.postgres.session import Session

TYPE = CameraHealth.TYPE

_LATEST = """
INSERT INTO camera (edge, device, site, epoch, seq, time_ms, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (edge, device) DO UPDATE
SET site = excluded.site, epoch = excluded.epoch, seq = excluded.seq, time_ms = excluded.time_ms,
    body = excluded.body
WHERE (excluded.epoch, excluded.seq) > (camera.epoch, camera.seq)
"""
# Each part by itself, so that no order matters: first and last time, and all the faults.
_PERIOD = """
INSERT INTO camera_period AS known (device, edge, from_ms, told_ms, to_ms, site, state, reason, faults)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (device, from_ms, edge, state, reason) DO UPDATE
SET told_ms = least(known.told_ms, excluded.told_ms), to_ms = greatest(known.to_ms, excluded.to_ms),
    site = CASE WHEN (excluded.to_ms, excluded.site) > (known.to_ms, known.site)
        THEN excluded.site ELSE known.site END,
    faults = known.faults | excluded.faults
"""

prepare = camera_rows


async def apply(session: Session, entries: list[Entry]) -> None:
    """An older telling than the last changes nothing but the time in which it was true."""
    await session.connection.executemany(_LATEST, [entry.prepared[0] for entry in entries])
    await session.connection.executemany(_PERIOD, [entry.prepared[1] for entry in entries])

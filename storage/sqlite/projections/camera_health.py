"""camera.health.v1: what a camera told last, and since when it stands so."""

from hub.payloads import CameraHealth
from storage.admission import Stored
from storage.camera_facts import camera_rows
from storage.sqlite.session import Session

TYPE = CameraHealth.TYPE

_LATEST = """
INSERT INTO camera (edge, device, site, epoch, seq, time_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (edge, device) DO UPDATE
SET site = excluded.site, epoch = excluded.epoch, seq = excluded.seq, time_ms = excluded.time_ms,
    body = excluded.body
WHERE (excluded.epoch, excluded.seq) > (camera.epoch, camera.seq)
"""
# Each part by itself, so that no order matters: first and last time, and all the faults.
_PERIOD = """
INSERT INTO camera_period (device, edge, from_ms, told_ms, to_ms, site, state, reason, faults)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (device, from_ms, edge, state, reason) DO UPDATE
SET told_ms = min(told_ms, excluded.told_ms), to_ms = max(to_ms, excluded.to_ms),
    site = iif((excluded.to_ms, excluded.site) > (to_ms, site), excluded.site, site),
    faults = faults | excluded.faults
"""


def apply(session: Session, stored: Stored, payload: CameraHealth) -> None:
    """An older telling than the last changes nothing but the time in which it was true."""
    latest, period = camera_rows(stored, payload)
    session.connection.execute(_LATEST, latest)
    session.connection.execute(_PERIOD, period)

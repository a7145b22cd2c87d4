"""Metrics of devices, edges and hubs themselves: readings like others, so the same rules judge them.

Whose readings: a device's under its own id, an edge's under the edge's, the hub's under ``hub``.
"""

from typing import Final

from hub.payloads import PICTURE_FAULTS, STREAM_FAULTS

ONLINE: Final = "device.online"  # 1 or 0; BAD while nobody knows
CLOCK_SKEW: Final = "clock.skew_s"  # seconds between its clock and the receiver's, whichever is ahead
SPOOL_USED: Final = "spool.used_ratio"  # of the quota, 0 to 1
SPOOL_PRUNED: Final = "spool.pruned_rows"  # rows of a gap that an edge no longer has; 0 right after it
SPOOL_RESTORED: Final = "spool.restored"  # 1 when a spool was found to be a copy; 0 right after it
RECEIPTS_STALLED: Final = "receipts.stalled"  # 1 while receipts stand still though the hub is online, else 0
CAMERA: Final = (
    "camera."  # camera.fps, camera.bitrate, camera.loss; camera.<fault> is 1 while it stands, else 0
)
CAMERA_FPS, CAMERA_BITRATE, CAMERA_LOSS = f"{CAMERA}fps", f"{CAMERA}bitrate", f"{CAMERA}loss"
SECOND, RATIO, PER_SECOND, BIT_PER_SECOND = "s", "1", "/s", "bit/s"  # UCUM

_OF_MACHINES = ("device.", "clock.", "spool.", "receipts.", CAMERA)


# Faults that are named like a figure; what is wrong with a clock its rule sees by CLOCK_SKEW.
_FAULTS_OF_FIGURES = {
    "fps": f"{CAMERA}fps_low",
    "bitrate": f"{CAMERA}bitrate_low",
    "loss": f"{CAMERA}loss_high",
    "clock": "",
}
CAMERA_FAULTS: Final = {
    fault: _FAULTS_OF_FIGURES.get(fault, f"{CAMERA}{fault}") for fault in (*PICTURE_FAULTS, *STREAM_FAULTS)
}
"""Fault of camera.health.v1 -> its metric; empty: it has none."""


def is_of_machine(metric: str) -> bool:
    """Whether it tells of a machine and nothing of what lies in it."""
    return metric.startswith(_OF_MACHINES)

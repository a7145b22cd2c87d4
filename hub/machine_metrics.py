"""Metrics of devices, edges and hubs themselves: readings like others, so the same rules judge them.

Whose readings: a device's under its own id, an edge's under the edge's, the hub's under ``hub``.
"""

from typing import Final

ONLINE: Final = "device.online"  # 1 or 0; BAD while nobody knows
CLOCK_SKEW: Final = "clock.skew_s"  # seconds between its clock and the receiver's, whichever is ahead
SPOOL_USED: Final = "spool.used_ratio"  # of the quota, 0 to 1
SPOOL_PRUNED: Final = "spool.pruned_rows"  # rows of a gap that an edge no longer has; 0 right after it
SPOOL_RESTORED: Final = "spool.restored"  # 1 when a spool was found to be a copy; 0 right after it
RECEIPTS_STALLED: Final = "receipts.stalled"  # 1 while receipts stand still though the hub is online, else 0
SECOND, RATIO = "s", "1"  # UCUM

_OF_MACHINES = ("device.", "clock.", "spool.", "receipts.")


def is_of_machine(metric: str) -> bool:
    """Whether it tells of a machine and nothing of what lies in it."""
    return metric.startswith(_OF_MACHINES)

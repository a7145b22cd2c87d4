"""How full the spool is: an alarm at each limit of its quota."""

from typing import Literal

from hub.edge.standstill import Alarm

ALARM_SHARES = (0.5, 0.8)
CALM_SHARE = 0.05  # so far below before it is told again: pruning moves the share to and fro


class QuotaWatch:
    """Each limit that was crossed is told, also when both were within one look."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm
        self._alarmed_share = 0.0

    def look(self, share: float) -> None:
        crossed = [limit for limit in ALARM_SHARES if limit <= share]
        for limit in crossed:
            if limit > self._alarmed_share:
                severity: Literal["critical", "warning"] = (
                    "critical" if limit == ALARM_SHARES[-1] else "warning"
                )
                self._alarm("spool.filling", severity, f"{share:.0%} of the quota is used")
        highest = max(crossed, default=0.0)
        if highest > self._alarmed_share or share < self._alarmed_share - CALM_SHARE:
            self._alarmed_share = highest

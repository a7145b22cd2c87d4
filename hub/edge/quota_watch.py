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

    def look(self, share: float) -> bool:
        """Whether the last limit, from which on states are thinned out, is not reached any more."""
        crossed = [limit for limit in ALARM_SHARES if limit <= share]
        for limit in crossed:
            if limit > self._alarmed_share:
                severity: Literal["critical", "warning"] = (
                    "critical" if limit == ALARM_SHARES[-1] else "warning"
                )
                self._alarm("spool.filling", severity, f"{share:.0%} of the quota is used")
        before, highest = self._alarmed_share, max(crossed, default=0.0)
        if highest > before or share < before - CALM_SHARE:
            self._alarmed_share = highest
        return before == ALARM_SHARES[-1] > self._alarmed_share

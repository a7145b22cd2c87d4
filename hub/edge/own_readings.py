"""Readings of an edge itself, under its own id: what rules judge of its spool (docs/alarms.md, Machines)."""

from collections.abc import Callable

from hub.machine_metrics import RATIO, RECEIPTS_STALLED, SPOOL_RESTORED, SPOOL_USED
from hub.payloads import Reading

SHARE_STEP = 0.05  # of the quota: told in such steps, and where a limit of the alarms is passed
LEAST_SHARE = 0.4  # below nobody asks
LIMITS = (0.45, 0.5, 0.75, 0.8)  # hub/alarms/profiles/edge.toml: raised and cleared there

Tell = Callable[[Reading, int], None]
"""(reading, Unix ms): an event of the edge's own."""


class OwnReadings:
    """Told when they change; ``begin`` ends what an earlier life of this spool may have told."""

    def __init__(self, tell: Tell, now_ms: Callable[[], int]) -> None:
        self._tell = tell
        self._now_ms = now_ms
        self._share = 0.0

    def begin(self, share: float) -> None:
        self._share = share
        self._say(SPOOL_USED, _thousandths(share))
        self._say(RECEIPTS_STALLED, 0.0)

    def spool_used(self, share: float) -> None:
        """Of the quota, asked often."""
        passed = any((share >= limit) != (self._share >= limit) for limit in LIMITS)
        moved = abs(share - self._share) >= SHARE_STEP and max(share, self._share) >= LEAST_SHARE
        if passed or moved:
            self._share = share
            self._say(SPOOL_USED, _thousandths(share))

    def spool_restored(self) -> None:
        """One instant: the rule says how long its incident stands."""
        at_ms = self._now_ms()
        self._tell(Reading(SPOOL_RESTORED, 1.0, RATIO), at_ms)
        self._tell(Reading(SPOOL_RESTORED, 0.0, RATIO), at_ms + 1)

    def stalled(self, stands_still: bool) -> None:
        self._say(RECEIPTS_STALLED, float(stands_still))

    def _say(self, metric: str, value: float) -> None:
        self._tell(Reading(metric, value, RATIO), self._now_ms())


def _thousandths(share: float) -> float:
    """Never rounded up: a limit that was not reached is not told as reached."""
    return int(share * 1000) / 1000

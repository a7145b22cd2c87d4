"""When a server is left alone, and when that ends early because it is there again. Pure but for chance."""

from storage.influx.backing_off import FIRST_SECONDS, BackingOff
from storage.influx.projection_state import Phase
from storage.influx.server import Away, Busy, Refused


class Resting:
    """Times are monotonic seconds. ``lost``: what it answered and is not settled may be lost."""

    def __init__(self, backing_off: BackingOff | None = None) -> None:
        self.lost = False
        self._backing_off = backing_off or BackingOff()
        self._until = 0.0
        self._away_since: float | None = None

    def begin(self, answer: Refused | Busy | Away, now: float) -> tuple[Phase, str]:
        """It did not take what it was sent; what to call that, and why."""
        self._away_since, self.lost = None, False
        match answer:
            case Away(reason):
                self._away_since, self.lost = now, True
                self._until = now + self._backing_off.away()
                return "away", reason
            case Busy(retry_after_s):
                self._until = now + self._backing_off.busy(retry_after_s)
                return "busy", ""
            case Refused(reason):
                self._until = now + self._backing_off.refused()
                return "refused", reason

    def rests(self, now: float, since: float | None) -> bool:
        """Whether to wait still; ``since``: since when the watch has its connection.

        Who was away and has accepted a connection since then is tried after a second.
        """
        back = self._away_since is not None and since is not None and since > self._away_since
        until = (
            min(self._until, self._away_since + FIRST_SECONDS) if back and self._away_since else self._until
        )
        return now < until

    def taken(self) -> None:
        """It took all of a load."""
        self._until, self._away_since = 0.0, None
        self._backing_off.taken()

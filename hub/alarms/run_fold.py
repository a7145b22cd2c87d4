"""Rules 1 to 5 read instant by instant: what must be remembered of everything before the next one.

A fold is None while nothing of the past matters: the last instant violates nothing and no episode is open.
That is what makes late readings cheap: from such an instant on, the past need not be read again.
"""

from hub.alarms.episode_telling import Stretch
from hub.alarms.rule_limits import Limits
from hub.alarms.rules import BEGINNING

UNKNOWN = BEGINNING  # start of an episode of which nobody knows whether there is one
_BETWEEN, _VIOLATING, _CLEAR = 0, 1, 2


class Fold:
    """``kind`` of the last instant, at ``at_ms``; its run began at ``since_ms``.

    ``open_ms``: start of the raised episode, None without one. ``bridged`` and ``worst`` are those of
    the episode, or of the run that may become one.
    """

    __slots__ = ("at_ms", "bridged", "kind", "open_ms", "since_ms", "worst")

    def __init__(self, open_ms: int | None = None) -> None:
        self.at_ms = BEGINNING
        self.kind = _BETWEEN
        self.since_ms = BEGINNING
        self.open_ms = open_ms
        self.bridged = False
        self.worst: int | None = None

    def copy(self) -> "Fold":
        other = Fold(self.open_ms)
        other.at_ms, other.kind, other.since_ms = self.at_ms, self.kind, self.since_ms
        other.bridged, other.worst = self.bridged, self.worst
        return other

    @property
    def is_idle(self) -> bool:
        return self.kind == _BETWEEN and self.open_ms is None

    def step(self, limits: Limits, time_ms: int, value: int | None) -> Stretch | None:
        """Read the next instant; the episode that is known to be over by then, if one is."""
        spoken_to = self.at_ms + limits.hold_ms
        over = self._settle(limits, min(time_ms, spoken_to))
        if limits.violates(value):
            self._violate(limits, time_ms, value, spoken_to)
        elif self.open_ms is not None and limits.clears(value):
            if self.kind != _CLEAR or time_ms > spoken_to:
                self.kind, self.since_ms = _CLEAR, time_ms
        else:
            self.kind = _BETWEEN
        self.at_ms = time_ms
        return over or self._settle(limits, time_ms)

    def finish(self, limits: Limits) -> Stretch | None:
        """The episode that is open, or will be if nothing more comes, and when it then ends."""
        spoken_ms = self.at_ms + limits.hold_ms - self.since_ms
        if self.open_ms is not None:
            is_over = self.kind == _CLEAR and spoken_ms >= limits.clear_for_ms
            return self._stretch(
                limits, self.open_ms, self.since_ms + limits.clear_for_ms if is_over else None
            )
        if self.kind == _VIOLATING and spoken_ms >= limits.for_ms:
            return self._stretch(limits, self.since_ms, None)
        return None

    def _violate(self, limits: Limits, time_ms: int, value: int | None, spoken_to: int) -> None:
        if self.kind == _VIOLATING and time_ms - spoken_to <= limits.bridge_ms:
            self.bridged |= spoken_to < time_ms and spoken_to < limits.end_ms
        else:
            self.kind, self.since_ms = _VIOLATING, time_ms
            if self.open_ms is None:
                self.bridged, self.worst = False, None
        if limits.condition and value is not None and time_ms < limits.end_ms:
            self.worst = value if self.worst is None else limits.condition.worst((self.worst, value))

    def _settle(self, limits: Limits, until_ms: int) -> Stretch | None:
        """Raise or end what a run up to ``until_ms`` raises or ends."""
        if self.kind == _VIOLATING and self.open_ms is None and until_ms - self.since_ms >= limits.for_ms:
            self.open_ms = self.since_ms
        elif self.kind == _CLEAR and until_ms - self.since_ms >= limits.clear_for_ms:
            assert self.open_ms is not None, "only an open episode has clear readings"
            over = self._stretch(limits, self.open_ms, self.since_ms + limits.clear_for_ms)
            self.kind, self.open_ms = _BETWEEN, None
            return over
        return None

    def _stretch(self, limits: Limits, start_ms: int, cleared_at: int | None) -> Stretch:
        return Stretch(start_ms, start_ms + limits.for_ms, cleared_at, self.bridged, self.worst)

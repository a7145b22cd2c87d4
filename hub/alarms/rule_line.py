"""What is in memory of a series, and what a version of a rule makes of it in any order of readings."""

from typing import Protocol

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.episode_telling import Stretch
from hub.alarms.rule_limits import Limits
from hub.alarms.timeline import BAD, SEVERAL, Timeline


class Curve:
    """What is in memory of a series."""

    __slots__ = ("offset", "offsets", "timeline")

    def __init__(self, timeline: Timeline, offsets: Offsets) -> None:
        self.timeline = timeline
        self.offsets = offsets
        self.offset = offsets.periods[0].offset if len(offsets.periods) == 1 else None

    def value(self, limits: Limits, at: int) -> int | None:
        """The corrected value that a rule takes at an instant; None: it is bad."""
        code = self.timeline.codes[at]
        if code == BAD:
            return None
        offset = self.offset
        if offset is None:
            offset = self.offsets.period(self.timeline.times[at]).offset
        if code == SEVERAL:
            return limits.chosen(self.timeline.raw_values(at), offset)
        return (code >> 1) + offset


class Line(Protocol):
    """``synced_ms``: where nothing is known of the time before, what is told is right from here on."""

    limits: Limits
    synced_ms: int | None

    @property
    def is_idle(self) -> bool:
        """Whether a usual reading changes nothing: no episode is open and nothing points to one."""

    def is_open_behind(self, time_ms: int) -> bool:
        """Whether an episode on a value, or of bad readings, goes on behind the instant of this time."""

    def append(self, curve: Curve, at: int) -> None:
        """The instants from the place ``at`` on are new, and the last ones."""

    def update(self, curve: Curve, first_ms: int, last_ms: int) -> None:
        """Instants from ``first_ms`` to ``last_ms`` are new or changed, wherever they stand."""

    def stretches(self, curve: Curve) -> tuple[Stretch, ...]:
        """All that did not end at or before the last forgotten instant."""

    def forget_before(self, curve: Curve, at: int) -> None:
        """The first ``at`` instants, at least one, are about to go: remember what they mean."""

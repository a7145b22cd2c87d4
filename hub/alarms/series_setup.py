"""By what a series is watched: versions of rules, calibrations, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.quiet_band import Usual
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Line
from hub.alarms.rules import BEGINNING, INFINITE, InForce
from hub.alarms.silence_line import SilenceLine
from hub.alarms.value_line import ValueLine


class Ruleset:
    """Versions of rules made ready; many series share one."""

    __slots__ = ("codes", "limits", "usual")

    def __init__(self, versions: Iterable[InForce]) -> None:
        self.limits = tuple(Limits(version) for version in versions)
        self.codes = frozenset(limits.version.rule.code for limits in self.limits)
        self.usual = Usual(self.limits)


@dataclass(frozen=True, slots=True)
class Setup:
    """What watches a series."""

    rules: Ruleset
    offsets: Offsets
    watched_from_ms: int | None

    def lines(self, *, complete: bool) -> list[Line]:
        """All anew; ``complete``: nothing of the series is older than what they will be shown."""
        return [
            SilenceLine(limits, complete=complete, watched_from_ms=self.watched_from_ms)
            if limits.version.rule.when == "silent"
            else ValueLine(limits, complete=complete)
            for limits in self.rules.limits
        ]


def first_difference(old: Setup, new: Setup) -> int | None:
    """The first time from which ``new`` may tell what ``old`` did not, or not; None: they tell the same."""
    if old.watched_from_ms != new.watched_from_ms:
        return BEGINNING
    offsets = old.offsets.first_difference(new.offsets)
    before, after = ({limits.version for limits in setup.rules.limits} for setup in (old, new))
    times = [_first_difference(version, after) for version in before - after]
    times += [_first_difference(version, before) for version in after - before]
    return min([*times, *(() if offsets is None else (offsets,))], default=None)


def _first_difference(version: InForce, others: Iterable[InForce]) -> int:
    """Of a version that another setup does not have; it may only end at another time there."""
    from_ms = BEGINNING if version.from_ms is None else version.from_ms
    ends = (version, *(other for other in others if _begins_like(version, other)))
    if len(ends) == 1:
        return from_ms
    return min(INFINITE if each.to_ms is None else each.to_ms for each in ends)


def _begins_like(one: InForce, other: InForce) -> bool:
    return one.rule == other.rule and one.from_ms == other.from_ms

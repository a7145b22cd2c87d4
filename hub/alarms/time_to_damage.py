"""How long until the next critical rule on a temperature is raised if things go on as they are. Pure.

What a run lacks of its rule's ``for`` is certain as long as the run lasts; what a trend says is an estimate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.readings import Reading
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Curve
from hub.alarms.rules import BEGINNING, Condition, InForce, Rule
from hub.alarms.timeline import BAD, Timeline, code_of

HOUR_MS = 3_600_000
# A trend that takes longer than a day to the limit says nothing about it.
FARTHEST_MS = 24 * HOUR_MS
_FEWEST_POINTS = 4
_SHORTEST_MS = 1_200_000  # of points; a shorter one is half a cycle of a compressor
_CLEAR = 2.0  # times the sway around the line: less is the compressor's own coming and going
_SLOWEST = 0.2  # °C an hour

Basis = Literal["raised", "run", "holdover", "trend"]
Point = tuple[int, float]  # Unix ms and °C


@dataclass(frozen=True, slots=True)
class Damage:
    """When (Unix ms) which rule is raised; ``code`` is empty where the cold that is left decides."""

    at_ms: int
    basis: Basis
    code: str = ""

    @property
    def is_estimate(self) -> bool:
        return self.basis in ("holdover", "trend")


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through readings: its level at the last of them, and °C an hour (0: no clear one)."""

    at_ms: int
    level: float
    slope: float


def critical_after_ms(rule: Rule) -> int | None:
    """How long the rule on a temperature holds until it is critical; None: it never is, or is on no value."""
    if not isinstance(rule.when, Condition) or not rule.metric.startswith("temp."):
        return None
    if rule.severity == "critical":
        return rule.for_ms
    return next((step.after_ms for step in rule.steps if step.severity == "critical"), None)


def run_since(rule: Rule, readings: Iterable[Reading], now_ms: int, offsets: Offsets) -> int | None:
    """Since when the run stands that still goes on at ``now_ms``; None: none does.

    Paragraphs 1 and 2 of the rule text. Of readings that begin inside a run it is the first of them.
    """
    limits, since, spoken_to = Limits(InForce(rule)), None, BEGINNING
    for time_ms, value in _usable(limits, readings, now_ms, offsets):
        if not limits.violates(value):
            since = None
        elif since is None or time_ms - spoken_to > limits.bridge_ms:
            since = time_ms
        spoken_to = time_ms + limits.hold_ms
    return since if now_ms < spoken_to else None


def _usable(
    limits: Limits, readings: Iterable[Reading], now_ms: int, offsets: Offsets
) -> Iterable[tuple[int, int | None]]:
    timeline = Timeline()
    for reading in readings:
        if reading.time_ms <= now_ms:
            timeline.put(reading.time_ms, code_of(reading))
    curve = Curve(timeline, offsets)
    for at, code in enumerate(timeline.codes):
        if code != BAD:
            yield timeline.times[at], curve.value(limits, at)


def trend_of(points: Sequence[Point]) -> Trend | None:
    """Least squares; None where there are too few points. A slope that is lost in the sway is 0."""
    if len(points) < _FEWEST_POINTS or points[-1][0] - points[0][0] < _SHORTEST_MS:
        return None
    last = points[-1][0]
    hours = [(time - last) / HOUR_MS for time, _ in points]
    values = [value for _, value in points]
    middle, mean = sum(hours) / len(hours), sum(values) / len(values)
    spread = sum((hour - middle) ** 2 for hour in hours)
    moved = sum((h - middle) * (v - mean) for h, v in zip(hours, values, strict=True))
    slope = moved / spread
    rest = [v - mean - slope * (h - middle) for h, v in zip(hours, values, strict=True)]
    sway = sqrt(sum(each * each for each in rest) / len(rest))
    if abs(slope) < _SLOWEST or abs(slope) * (hours[-1] - hours[0]) < _CLEAR * sway:
        return Trend(last, values[-1], 0.0)
    return Trend(last, mean + slope * (hours[-1] - middle), slope)


def crossing_ms(rule: Rule, trend: Trend) -> int | None:
    """When the line goes over the rule's limit; None: it does not within ``FARTHEST_MS``."""
    if not isinstance(rule.when, Condition) or not trend.slope:
        return None
    upwards = {">": True, ">=": True, "<": False, "<=": False}.get(rule.when.operator)
    if upwards is None or upwards != (trend.slope > 0):
        return None
    ahead_ms = (rule.when.threshold / 1000 - trend.level) / trend.slope * HOUR_MS
    return trend.at_ms + max(0, round(ahead_ms)) if ahead_ms <= FARTHEST_MS else None


def next_damage(
    rules: Iterable[Rule],
    runs: dict[str, int],
    trend: Trend | None,
    *,
    raised: dict[str, int] | None = None,
    warm_at_ms: int | None = None,
) -> Damage | None:
    """The earliest. ``runs``: by code, since when a run goes on; ``raised``: by code, when one that is open
    was raised; ``warm_at_ms``: until when the cold lasts that the unit says it has left, its power out.
    """
    found = [] if warm_at_ms is None else [Damage(warm_at_ms, "holdover")]
    for rule in rules:
        after_ms = critical_after_ms(rule)
        if after_ms is None:
            continue
        if raised and rule.code in raised:
            found.append(Damage(raised[rule.code], "raised", rule.code))
        elif rule.code in runs:
            found.append(Damage(runs[rule.code] + after_ms, "run", rule.code))
        elif trend and (crossing := crossing_ms(rule, trend)) is not None:
            found.append(Damage(crossing + after_ms, "trend", rule.code))
    return min(found, key=lambda each: each.at_ms, default=None)

"""The product's words for what the reference calls a rule, a reading and an episode."""

from collections.abc import Iterable

from hub.alarms.episodes import Episode as Told
from hub.alarms.readings import Calibration as Offset
from hub.alarms.readings import Reading as Read
from hub.alarms.rules import Clear, Condition, InForce, Step, When
from hub.alarms.rules import Rule as RuleOfProduct
from tests.alarm_reference.readings import Calibration, Comparison, Reading, Rule
from tests.alarm_reference.reference import Episode
from tests.alarm_reference.years import Judged


def in_force(judged: Judged) -> InForce:
    """ValueError where the product refuses such a rule."""
    rule = judged.rule
    made = RuleOfProduct(
        code=judged.code,
        metric=judged.metric,
        when=_when(rule),
        for_ms=rule.lasts,
        severity=rule.severity,  # type: ignore[arg-type]  # the product checks it
        hold_ms=rule.hold,
        version=judged.version,
        clear=Clear(None if rule.clear is None else _condition(rule.clear), rule.clear_lasts),
        steps=tuple(Step(delay, severity) for delay, severity in rule.steps),  # type: ignore[arg-type]
        bridge_ms=rule.bridge,
    )
    return InForce(made, rule.begins, rule.ends)


def readings(ours: Iterable[Reading]) -> list[Read]:
    return [Read(*reading) for reading in ours]  # type: ignore[arg-type]


def calibrations(ours: Iterable[Calibration]) -> list[Offset]:
    return [Offset(*one) for one in ours]


def told(episode: Told) -> Episode:
    return Episode(
        episode.start_ms,
        episode.raised_at_ms,
        episode.cleared_at_ms,
        episode.severity,
        episode.inferred,
        episode.worst,
    )


def _when(rule: Rule) -> When:
    if isinstance(rule.when, tuple):
        return _condition(rule.when)
    return "bad" if rule.when == "bad" else "silent"


def _condition(comparison: Comparison) -> Condition:
    operator, threshold = comparison
    return Condition(operator, threshold)  # type: ignore[arg-type]

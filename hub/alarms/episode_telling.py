"""How a stretch in which a rule held is told: as known at T, and by a version of the rule."""

from collections.abc import Iterable
from typing import NamedTuple

from hub.alarms.episodes import Episode
from hub.alarms.readings import Series
from hub.alarms.rules import INFINITE, InForce, Rule, Severity


class Stretch(NamedTuple):
    """What readings say of a rule, whenever one asks: its times may lie in the future.

    ``inferred`` and ``worst`` look only at what lies before the end of the version.
    """

    start_ms: int
    raised_at_ms: int
    cleared_at_ms: int | None
    inferred: bool = False
    worst: int | None = None


def told(stretches: Iterable[Stretch], version: InForce, series: Series, now_ms: int) -> tuple[Episode, ...]:
    """The episodes at ``now_ms``: rule 7 and the section on versions."""
    raised = (stretch for stretch in stretches if stretch.raised_at_ms <= now_ms)
    episodes = [_episode(stretch, version, series, now_ms) for stretch in raised]
    return tuple(episode for episode in episodes if episode)


def _episode(stretch: Stretch, version: InForce, series: Series, now_ms: int) -> Episode | None:
    rule, raised, cleared = version.rule, stretch.raised_at_ms, stretch.cleared_at_ms
    if version.to_ms is not None:
        if raised >= version.to_ms:
            return None
        cleared = version.to_ms if cleared is None else min(cleared, version.to_ms)
    if version.from_ms is not None:
        if cleared is not None and cleared <= version.from_ms:
            return None
        raised = max(raised, version.from_ms)
    if raised > now_ms:
        return None
    if cleared is not None and cleared > now_ms:
        cleared = None
    severity = severity_at(rule, stretch.start_ms, now_ms if cleared is None else cleared - 1)
    return Episode(
        series.device, series.metric, rule.code, rule.version, stretch.start_ms, raised, cleared, severity,
        stretch.inferred, stretch.worst,
    )  # fmt: skip


def severity_at(rule: Rule, start_ms: int, last_ms: int) -> Severity:
    """Of the last step that was reached at ``last_ms``, while the episode was still open."""
    reached = [step.severity for step in rule.steps if start_ms + step.after_ms <= last_ms]
    return reached[-1] if reached else rule.severity


def next_change_ms(stretches: Iterable[Stretch], version: InForce, now_ms: int) -> int:
    """The first time after ``now_ms`` at which ``told`` may say something else; INFINITE: never."""
    rule, found = version.rule, INFINITE
    for stretch in stretches:
        times = [stretch.raised_at_ms, stretch.cleared_at_ms, version.from_ms, version.to_ms]
        times += [stretch.start_ms + step.after_ms for step in rule.steps]
        found = min([found, *(time for time in times if time is not None and time > now_ms)])
    return found

"""Episodes to incidents: which incident an episode belongs to, and what has become known of it.

An incident and an episode belong together when their times overlap, as half open stretches. Touching counts
only between two versions of a rule, where one replaced the other. Incidents that stand come before
those that are gone, then the older before the younger; of two episodes the earlier is served first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import Detail
from hub.alarms.incidents.standing import Incident, end_ms, rank
from hub.alarms.incidents.states import Kind
from hub.alarms.rules import SEVERITIES, Condition, Rule

BEGINNING = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry to be; ``incident`` is None where the episode opens a new one."""

    kind: Kind
    incident: Incident | None
    episode: Episode
    detail: Detail = field(default_factory=dict)


class Reach(NamedTuple):
    """From when to when, by which version of a rule."""

    start_ms: int
    end_ms: int
    version: str

    @classmethod
    def of(cls, episode: Episode) -> "Reach":
        return cls(episode.start_ms, end_ms(episode), episode.version)

    def meets(self, other: "Reach") -> bool:
        first, second = (self, other) if self[:2] <= other[:2] else (other, self)
        if second.start_ms == first.end_ms:
            return first.version != second.version
        return second.start_ms < first.end_ms


def meet(one: Episode, other: Episode) -> bool:
    """Whether two episodes of one device, metric and rule are one matter."""
    return Reach.of(one).meets(Reach.of(other))


def united(episodes: Iterable[Episode], rule: Rule) -> list[Episode]:
    """Episodes that meet (of several versions) as one, with the version of the one raised last; by start.

    What comes of it does not meet any more.
    """
    return [_union(group, rule) for group in groups_of(episodes)]


def groups_of(episodes: Iterable[Episode]) -> list[list[Episode]]:
    """Episodes of one device, metric and rule: those that meet stand together; by start."""
    groups = [[episode] for episode in sorted(set(episodes), key=_order)]
    while True:
        joined: list[list[Episode]] = []
        for group in groups:
            if joined and _reach(joined[-1]).meets(_reach(group)):
                joined[-1] += group
            else:
                joined.append(group)
        if len(joined) == len(groups):
            return joined
        groups = joined


def match(
    incidents: Iterable[Incident],
    episodes: Iterable[Episode],
    rule: Rule,
    now_ms: int,
    known_from_ms: int = BEGINNING,
) -> Iterator[Change]:
    """What changed for the incidents of one device, metric and rule, in order.

    ``episodes`` are all that the readings from ``known_from_ms`` on give at ``now_ms``: an incident that
    began before can go on or end, nothing else. ``rule`` is the version now in force.
    """
    by_rank = sorted(incidents, key=lambda each: (each.gone, each.opened))
    owners: dict[str, Episode] = {}
    served: list[tuple[Episode, Incident | None]] = []
    for episode in united(episodes, rule):
        owner = _first_that_meets(by_rank, episode, owners)
        if owner:
            owners[owner.incident] = episode
        served.append((episode, owner))
    left = [each for each in by_rank if each.incident not in owners and not each.gone]
    for episode, owner in served:
        merged = [each for each in left if meet(each.extent, episode)]
        left = [each for each in left if each not in merged]
        yield from (
            _owned(owner, episode, merged, rule, known_from_ms) if owner else (_new(episode, rule, now_ms),)
        )
    for incident in left:
        if incident.known.start_ms >= known_from_ms:
            yield Change(Kind.WITHDRAWN_BY_DATA, incident, incident.known)


def news(old: Episode, new: Episode, rule: Rule) -> list[tuple[Kind, Episode]]:
    """How ``old`` became ``new``. That an open episode goes on, and gets worse meanwhile, is no news."""
    if old.cleared_at_ms is None and new.cleared_at_ms is not None:
        still = replace(new, cleared_at_ms=None)
        return [*news(old, still, rule), (Kind.RETURNED, new)]
    if old == new or _only_goes_on(old, new, rule):
        return []
    bounds = (new.start_ms, new.raised_at_ms, new.version) == (old.start_ms, old.raised_at_ms, old.version)
    farther = (end_ms(new), rank(new)) != (end_ms(old), rank(old))
    if bounds and farther and end_ms(new) >= end_ms(old) and rank(new) >= rank(old):
        return [(Kind.EXTENDED, new)]
    return [(Kind.REVISED, new)]


def worse_of(values: Iterable[int | None], rule: Rule) -> int | None:
    """The worst value for ``rule``, as docs/alarm_rules.md says it of readings at one instant."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    if isinstance(rule.when, Condition):
        if rule.when.operator in ("<", "<="):
            return min(found)
        if rule.when.operator == "==" and rule.when.threshold in found:
            return rule.when.threshold
    return max(found)


def _first_that_meets(
    by_rank: Sequence[Incident], episode: Episode, taken: dict[str, Episode]
) -> Incident | None:
    return next((each for each in by_rank if each.incident not in taken and meet(each.extent, episode)), None)


def _owned(
    owner: Incident, episode: Episode, merged: Sequence[Incident], rule: Rule, known_from_ms: int
) -> Iterator[Change]:
    detail: dict[str, int | str] = {"latch": 1} if rule.latch else {}
    if any(each.latch for each in merged):
        detail["latch"] = 1
    if any(each.retro for each in merged):
        detail["retro"] = 1
    if owner.known.start_ms < known_from_ms:
        episode = _continued(owner.known, episode, rule)
    changes = [(Kind.REVISED, episode)] if owner.gone or merged else news(owner.known, episode, rule)
    for kind, known in changes:
        yield Change(kind, owner, known, detail)
    for each in merged:
        yield Change(Kind.MERGED, each, each.known, {"into": owner.incident})


def _new(episode: Episode, rule: Rule, now_ms: int) -> Change:
    late = now_ms - episode.raised_at_ms > rule.hold_ms or episode.cleared_at_ms is not None
    kind = Kind.RETRO_RAISED if late else Kind.RAISED
    return Change(kind, None, episode, {"latch": 1} if rule.latch else {})


def _only_goes_on(old: Episode, new: Episode, rule: Rule) -> bool:
    if new.cleared_at_ms is not None or old.inferred > new.inferred:
        return False
    if worse_of((old.worst, new.worst), rule) != new.worst:
        return False
    return replace(old, worst=new.worst, inferred=new.inferred) == new


def _continued(old: Episode, new: Episode, rule: Rule) -> Episode:
    """Of the time before, ``old`` knows what nobody can look up any more."""
    return replace(_union([old, new], rule), version=new.version, cleared_at_ms=new.cleared_at_ms)


def _reach(group: Sequence[Episode]) -> Reach:
    if len(group) == 1:
        return Reach.of(group[0])
    ends = max(end_ms(each) for each in group)
    return Reach(min(each.start_ms for each in group), ends, _newest(group).version)


def _newest(group: Sequence[Episode]) -> Episode:
    return max(group, key=lambda each: (each.raised_at_ms, each.start_ms, each.version))


def _union(group: Sequence[Episode], rule: Rule) -> Episode:
    end = max(end_ms(each) for each in group)
    return replace(
        _newest(group),
        start_ms=min(each.start_ms for each in group),
        raised_at_ms=min(each.raised_at_ms for each in group),
        cleared_at_ms=None if any(each.cleared_at_ms is None for each in group) else end,
        severity=SEVERITIES[max(rank(each) for each in group)],
        inferred=any(each.inferred for each in group),
        worst=worse_of((each.worst for each in group), rule),
    )


def _order(episode: Episode) -> tuple[int, int, int, str, int, bool, int]:
    worst = episode.worst
    return (
        episode.start_ms,
        episode.raised_at_ms,
        end_ms(episode),
        episode.version,
        rank(episode),
        episode.inferred,
        0 if worst is None else worst,
    )

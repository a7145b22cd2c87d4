"""What explains what: hub, site network, gateway, site power, device (docs/alarms.md, What explains what).

A function of how incidents stand, of where devices hang, and of the time; neither the order in which
incidents were raised nor what people did about them has a part in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from hub.alarms.incidents.actions import is_evidence
from hub.alarms.incidents.standing import Incident, end_ms
from hub.alarms.rules import INFINITE
from hub.machine_metrics import ONLINE

POWER_CODES = frozenset({"POWER", "DEVICE_POWER"})
# Ours: after an outage sensors that speak every 15 min have spoken again, and spools have been emptied.
GRACE_MS = 15 * 60_000
# Without power groups of its own, a site is without power when two of its units say so: one is a plug.
UNITS_WITHOUT_POWER = 2


class Level(IntEnum):
    """From the root of the tree to its leaves: what is above explains what is below."""

    HUB = 0
    NETWORK = 1  # an edge that the hub does not hear
    GATEWAY = 2
    POWER = 3  # of a site, or of a configured group
    DEVICE = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device hangs. ``level``: what it is itself; ``silences``: codes of its rules on silence.

    ``power``: the configured group that shares its power, empty: its site's.
    """

    site: str
    level: Level = Level.DEVICE
    edge: str = ""
    gateway: str = ""
    power: str = ""
    silences: frozenset[str] = frozenset()


Scope = tuple[Level, str]


@dataclass(frozen=True, slots=True)
class Explained:
    """``by``: the incident that explains each, those that nothing explains left out; all others stand.

    ``due_ms``: when it may be otherwise without anything new; None: never.
    """

    by: dict[str, str]
    due_ms: int | None


@dataclass(slots=True)
class Tree:
    """Places of devices."""

    _places: dict[str, Place] = field(default_factory=dict)

    def put(self, device: str, place: Place) -> bool:
        """Whether it was elsewhere before."""
        if self._places.get(device) == place:
            return False
        self._places[device] = place
        return True

    def explain(self, incidents: Iterable[Incident], now_ms: int) -> Explained:
        """Which of ``incidents`` are explained by which others."""
        parents: defaultdict[Scope, list[Incident]] = defaultdict(list)
        children: list[tuple[Incident, Place]] = []
        for incident in incidents:
            place = self._places.get(incident.known.device)
            if place is None or incident.gone:
                continue
            if scope := _scope(incident, place):
                parents[scope].append(incident)
            if not incident.closed and _may_be_explained(incident, place):
                children.append((incident, place))
        by: dict[str, str] = {}
        ends: list[int] = []
        for child, place in children if parents else ():
            causes = list(_causes(child, place, parents, now_ms))
            if causes:
                by[child.incident] = min(causes, key=_order)[1].incident
                if child.active:
                    ends += [end_ms(cause.known) + GRACE_MS for _, cause in causes]
        return Explained(by, min((end for end in ends if end < INFINITE), default=None))


def _scope(incident: Incident, place: Place) -> Scope | None:
    """What it would explain: everything that hangs there."""
    known = incident.known
    if place.level < Level.POWER and known.metric == ONLINE:
        return place.level, "" if place.level is Level.HUB else known.device
    if place.level is Level.DEVICE and known.rule in POWER_CODES:
        return Level.POWER, _power(place)
    return None


def _power(place: Place) -> str:
    return f"group/{place.power}" if place.power else f"site/{place.site}"


def _may_be_explained(incident: Incident, place: Place) -> bool:
    """That nothing is heard, nothing else: what was measured stays true, however far away it is."""
    known = incident.known
    return (known.metric == ONLINE or known.rule in place.silences) and not is_evidence(incident)


def _causes(
    child: Incident, place: Place, parents: dict[Scope, list[Incident]], now_ms: int
) -> Iterator[tuple[Level, Incident]]:
    for level, name in _above(place):
        found = [each for each in parents.get((level, name), ()) if _covers(each, child, now_ms)]
        if level is Level.POWER and not place.power:
            others = {each.known.device for each in found}
            found = found if len(others) >= UNITS_WITHOUT_POWER else []
        yield from ((level, each) for each in found if each.incident != child.incident)


def _above(place: Place) -> Iterator[Scope]:
    names = {
        Level.HUB: "",
        Level.NETWORK: place.edge,
        Level.GATEWAY: place.gateway,
        Level.POWER: _power(place),
    }
    for level, name in names.items():
        if level < place.level and (name or level is Level.HUB):
            yield level, name


def _covers(parent: Incident, child: Incident, now_ms: int) -> bool:
    """The child was raised after the parent began, and ended, or still stands, not long after its end."""
    begun = parent.known.start_ms <= child.known.raised_at_ms
    return begun and min(end_ms(child.known), now_ms) < end_ms(parent.known) + GRACE_MS


def _order(cause: tuple[Level, Incident]) -> tuple[int, int, str, str, str, str]:
    """The root first, then what began first."""
    level, incident = cause
    known = incident.known
    return level, known.start_ms, known.device, known.metric, known.rule, incident.incident

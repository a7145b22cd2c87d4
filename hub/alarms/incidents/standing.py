"""How an incident stands: the fold of its entries."""

from dataclasses import dataclass, replace

from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.states import BY_DATA, HIDES, UNCOVERED, Kind, State
from hub.alarms.rules import INFINITE, SEVERITIES
from hub.machine_metrics import is_of_machine


@dataclass(frozen=True, slots=True)
class Incident:
    """What the ledger says of one incident; ``known`` is its episode as the data last told it."""

    incident: str
    site: str
    opened: int  # number of its first entry: the smaller the older
    last: int  # number of its last entry
    since_ms: int  # when its first entry was written
    known: Episode
    latch: bool = False  # its rule waits for a disposition
    retro: bool = False  # known late, so nobody could act
    acknowledged: bool = False
    withdrawn: bool = False
    merged_into: str = ""
    gone_ms: int = 0  # when it was withdrawn or merged
    shelved_until_ms: int | None = None
    suppressed_by: str = ""
    assigned_to: str = ""
    disposition: str = ""
    closed: bool = False  # its entry CLOSED is written

    @property
    def gone(self) -> bool:
        """No episode is behind it: withdrawn, or an alias of another."""
        return self.withdrawn or bool(self.merged_into)

    @property
    def extent(self) -> Episode:
        """What it is compared with: one that was open when it went reaches no farther than that moment."""
        if not self.gone or self.known.cleared_at_ms is not None:
            return self.known
        return replace(self.known, cleared_at_ms=max(self.gone_ms, self.known.start_ms + 1))

    @property
    def active(self) -> bool:
        return not self.gone and self.known.cleared_at_ms is None

    @property
    def latches(self) -> bool:
        """It waits for a disposition: by its rule, or because a critical one was found too late. There is no
        vaccine in a machine's own metrics."""
        late = self.retro and self.known.severity == "critical"
        return self.latch or (late and not is_of_machine(self.known.metric))

    @property
    def uncovered(self) -> State:
        """The state without shelf, suppression and service. What is over and explained needs nobody."""
        if self.merged_into:
            return State.CLOSED
        waits = self.latches and not self.disposition
        explained = bool(self.suppressed_by) and not self.active
        return UNCOVERED[self.active, self.acknowledged or self.withdrawn or explained, waits]

    def state(self, *, out_of_service: bool = False) -> State:
        """``out_of_service``: whether its device is."""
        covers = {
            State.OUT_OF_SERVICE: out_of_service,
            State.SHELVED: self.shelved_until_ms is not None,
            State.SUPPRESSED: bool(self.suppressed_by),
        }
        state = self.uncovered
        return next((cover for cover, hides in HIDES if covers[cover] and state in hides), state)


def rank(episode: Episode) -> int:
    return SEVERITIES.index(episode.severity)


def end_ms(episode: Episode) -> int:
    return INFINITE if episode.cleared_at_ms is None else episode.cleared_at_ms


def fold(incident: Incident | None, entry: Entry) -> Incident | None:
    """The incident after ``entry``. Total: an entry that makes no sense changes nothing but ``last``."""
    if incident is None:
        return _opened(entry)
    return replace(_after(incident, entry), last=entry.number)


def _opened(entry: Entry) -> Incident | None:
    if entry.episode is None:
        return None
    new = Incident(entry.incident, entry.site, entry.number, entry.number, entry.at_ms, entry.episode)
    if entry.kind in BY_DATA:
        return _with_rule(new, entry)
    # What an edge raised under a name of its own: it was never anything but an alias, or without data.
    at_edge = entry.kind in (Kind.MERGED, Kind.WITHDRAWN_BY_DATA) and "edge" in entry.detail
    return _after(new, entry) if at_edge else None


def _after(incident: Incident, entry: Entry) -> Incident:
    detail = entry.detail
    if entry.kind in BY_DATA:
        return _by_data(incident, entry)
    match entry.kind:
        case Kind.MERGED:
            return replace(incident, merged_into=str(detail.get("into", "")), gone_ms=entry.at_ms)
        case Kind.WITHDRAWN_BY_DATA:
            return replace(incident, withdrawn=True, gone_ms=entry.at_ms)
        case Kind.CLOSED:
            return replace(incident, closed=True, shelved_until_ms=None)
        case Kind.SHELVED:
            until = detail.get("until")
            return replace(incident, shelved_until_ms=until if isinstance(until, int) else 0)
        case Kind.UNSHELVED:
            return replace(incident, shelved_until_ms=None)
        case _:
            return _by_people(incident, entry)


def _by_people(incident: Incident, entry: Entry) -> Incident:
    detail = entry.detail
    match entry.kind:
        case Kind.ACKED:
            return replace(incident, acknowledged=True)
        case Kind.ASSIGNED:
            return replace(incident, assigned_to=str(detail.get("to", "")))
        case Kind.DISPOSITION:
            return replace(incident, disposition=str(detail.get("disposition", "")))
        case Kind.SUPPRESSED:
            return replace(incident, suppressed_by=str(detail.get("parent", "")))
        case Kind.RELEASED:
            return replace(incident, suppressed_by="")
        case _:
            return incident


def _by_data(incident: Incident, entry: Entry) -> Incident:
    """What is worse than what people have seen wants to be seen again, from the shelf too."""
    if entry.episode is None:
        return incident
    after = replace(incident, known=entry.episode, withdrawn=False, merged_into="")
    worse = rank(after.known) > rank(incident.known) or (after.active and not incident.active)
    if worse:
        after = replace(after, acknowledged=False, shelved_until_ms=None)
    if incident.disposition == "use" and entry.kind in (Kind.EXTENDED, Kind.REVISED):
        after = replace(after, disposition="")  # it was decided on other data
    after = _with_rule(after, entry)
    return after if after.uncovered is State.CLOSED else replace(after, closed=False)


def _with_rule(incident: Incident, entry: Entry) -> Incident:
    """Once it latches it does: a changed rule takes no decision away that is due."""
    return replace(
        incident,
        latch=incident.latch or bool(entry.detail.get("latch")),
        retro=incident.retro or entry.kind is Kind.RETRO_RAISED or bool(entry.detail.get("retro")),
    )

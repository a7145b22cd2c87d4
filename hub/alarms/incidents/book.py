"""The book of incidents of a hub or an edge: what the data, people and the clock enter into the ledger."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Action, RefusedAction, examined, refuse_unless_fit, require_device
from hub.alarms.incidents.entries import Detail, Entry, Head, chained, head_of
from hub.alarms.incidents.matching import BEGINNING, Change, match, meet
from hub.alarms.incidents.service import Services
from hub.alarms.incidents.standing import Incident, end_ms, fold
from hub.alarms.incidents.states import OF_DEVICE, Kind, State
from hub.alarms.rules import Rule

Key = tuple[str, str, str]  # device, metric, rule's code
Told = Callable[[Entry, Incident | None, State | None, Incident | None], None]


def _nobody(entry: Entry, incident: Incident | None, state: State | None, before: Incident | None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Finding:
    """All episodes of one device, metric and rule as the evaluator gives them now.

    ``rule`` is the version in force, ``known_from_ms`` where the readings that it judged begin.
    """

    site: str
    device: str
    rule: Rule
    episodes: tuple[Episode, ...] = ()
    known_from_ms: int = BEGINNING

    @property
    def key(self) -> Key:
        return self.device, self.rule.metric, self.rule.code


@dataclass(slots=True)
class Book:
    """What stands, and the head of the ledger. Every method gives the entries it made, numbered and chained.

    The caller writes them down; when that fails the book is ahead of the ledger and must be built anew.
    ``told`` hears each new entry with its incident and state as they are after it, and the incident before.
    """

    head: Head = field(default_factory=Head)
    incidents: dict[str, Incident] = field(default_factory=dict)
    services: Services = field(default_factory=Services)
    told: Told = field(default=_nobody, compare=False)
    _by_key: defaultdict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def standing(cls, head: Head, incidents: Iterable[Incident], services: Services) -> "Book":
        """A book that goes on where the ledger stands."""
        book = cls(head, {}, Services(dict(services.out)))
        for incident in incidents:
            book._keep(incident)
        return book

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Book":
        """What a whole ledger says."""
        book = cls()
        for entry in entries:
            book.follow(entry)
        return book

    def follow(self, entry: Entry) -> None:
        """Take over an entry that was made elsewhere, the next one of the ledger."""
        self._apply(entry)

    def assess(self, findings: Iterable[Finding], now_ms: int) -> list[Entry]:
        """Enter what became known. The order of ``findings`` does not matter; a key may come once."""
        by_key = {finding.key: finding for finding in findings}
        made: list[Entry] = []
        for key in sorted(by_key):
            finding = by_key[key]
            known = [self.incidents[name] for name in self._by_key.get(key, ())]
            changes = match(known, finding.episodes, finding.rule, now_ms, finding.known_from_ms)
            for change in list(changes):
                made += self._enter_change(change, finding.site, now_ms)
        return made

    def act(self, incident_id: str, action: Action, now_ms: int) -> list[Entry]:
        """Enter what somebody did with an incident, found by any of its ids; raises RefusedAction."""
        note = examined(action)
        if action.KIND in OF_DEVICE:
            raise RefusedAction("alarm.of_a_device")
        incident = self.find(incident_id)
        refuse_unless_fit(action, incident, now_ms)
        entry = _entry(action.KIND, incident, now_ms)
        return self._enter(replace(entry, actor=action.actor, detail=action.detail(), note=note))

    def act_on_device(self, site: str, device: str, action: Action, now_ms: int) -> list[Entry]:
        """Enter that a device was checked, or taken out of service or put back; raises RefusedAction."""
        note = examined(action)
        if action.KIND not in OF_DEVICE:
            raise RefusedAction("alarm.not_of_a_device")
        require_device(site, device)
        if action.KIND is Kind.OUT_OF_SERVICE and not note.strip():
            raise RefusedAction("alarm.no_reason")
        if refusal := action.device_refusal(now_ms):
            raise RefusedAction(refusal)
        if self._is_in_that_service(action.KIND, device):
            raise RefusedAction("alarm.already_in_that_service")
        entry = Entry(0, now_ms, action.KIND, site, device, "", None, action.actor, action.detail(), note)
        return self._enter(entry)

    def act_on_devices(self, site: str, devices: Iterable[str], action: Action, now_ms: int) -> list[Entry]:
        """The same of several, without those that are in that service already; raises RefusedAction."""
        made: list[Entry] = []
        for device in sorted(set(devices)):
            if not self._is_in_that_service(action.KIND, device):
                made += self.act_on_device(site, device, action, now_ms)
        return made

    def open_alias(self, name: str, site: str, episode: Episode, detail: Detail, now_ms: int) -> list[Entry]:
        """Enter what an edge knows under a name that is unknown here, with the edge in ``detail``.

        It is an alias of the incident that it overlaps; without one no data are behind it.
        """
        key = episode.device, episode.metric, episode.rule
        known = sorted((self.incidents[each] for each in self._by_key.get(key, ())), key=_rank)
        owner = next((each for each in known if meet(each.extent, episode)), None)
        kind = Kind.MERGED if owner else Kind.WITHDRAWN_BY_DATA
        told = {**detail, "into": owner.incident} if owner else detail
        return self._enter(Entry(0, now_ms, kind, site, episode.device, name, episode, "", told))

    def tick(self, now_ms: int) -> list[Entry]:
        """Take from the shelf what was put there until now or before; put back what was out so long."""
        due = [
            each
            for each in self.incidents.values()
            if each.shelved_until_ms is not None and each.shelved_until_ms <= now_ms
        ]
        made: list[Entry] = []
        for each in sorted(due, key=lambda each: each.opened):
            made += self._enter(_entry(Kind.UNSHELVED, each, now_ms))
        for device, window in self.services.due(now_ms):
            made += self._enter(Entry(0, now_ms, Kind.IN_SERVICE, window.site, device, "", None))
        return made

    def next_tick_ms(self) -> int | None:
        """When ``tick`` has something to do next; None while it has not."""
        untils = [each.shelved_until_ms for each in self.incidents.values()]
        return min((until for until in (*untils, self.services.next_ms) if until is not None), default=None)

    def find(self, incident_id: str) -> Incident:
        """The incident of this id, or the one it was merged into; raises RefusedAction."""
        seen: set[str] = set()
        while incident_id not in seen:
            seen.add(incident_id)
            incident = self.incidents.get(incident_id)
            if incident is None:
                break
            if not incident.merged_into:
                return incident
            incident_id = incident.merged_into
        raise RefusedAction("alarm.unknown")

    def state(self, incident: Incident) -> State:
        return incident.state(out_of_service=incident.known.device in self.out_of_service)

    @property
    def out_of_service(self) -> Collection[str]:
        """Devices that are."""
        return self.services.out.keys()

    def forget(self, before_ms: int) -> None:
        """Let go of closed incidents that ended before readings which can still be judged."""
        old = [each for each in self.incidents.values() if each.closed and end_ms(each.extent) < before_ms]
        for incident in old:
            del self.incidents[incident.incident]
            self._by_key[_key(incident)].remove(incident.incident)

    def _enter_change(self, change: Change, site: str, now_ms: int) -> list[Entry]:
        incident, episode = change.incident, change.episode
        name = incident.incident if incident else self._new_id(episode)
        site = incident.site if incident else site
        return self._enter(
            Entry(0, now_ms, change.kind, site, episode.device, name, episode, "", change.detail)
        )

    def _new_id(self, episode: Episode) -> str:
        """The episode's, so that edge and hub name one incident; another where that name is taken already."""
        name, copy = episode.episode_id, 0
        while name in self.incidents:
            copy += 1
            name = replace(episode, version=f"{episode.version}#{copy}").episode_id
        return name

    def _enter(self, entry: Entry) -> list[Entry]:
        made = [self._add(entry)]
        incident = self.incidents.get(entry.incident)
        if incident and incident.uncovered is State.CLOSED and not incident.closed:
            made.append(self._add(_entry(Kind.CLOSED, incident, entry.at_ms)))
        return made

    def _add(self, entry: Entry) -> Entry:
        entry = chained(self.head, entry)
        before = self.incidents.get(entry.incident)
        self._apply(entry)
        incident = self.incidents.get(entry.incident)
        self.told(entry, incident, self.state(incident) if incident else None, before)
        return entry

    def _apply(self, entry: Entry) -> None:
        self.head = head_of(entry)
        if not self.services.follow(entry) and entry.incident:
            incident = fold(self.incidents.get(entry.incident), entry)
            if incident:
                self._keep(incident)

    def _is_in_that_service(self, kind: Kind, device: str) -> bool:
        is_out = device in self.out_of_service
        return is_out if kind is Kind.OUT_OF_SERVICE else kind is Kind.IN_SERVICE and not is_out

    def _keep(self, incident: Incident) -> None:
        if incident.incident not in self.incidents:
            self._by_key[_key(incident)].append(incident.incident)
        self.incidents[incident.incident] = incident


def _rank(incident: Incident) -> tuple[bool, int]:
    """What stands before what is gone, then the older."""
    return incident.gone, incident.opened


def _key(incident: Incident) -> Key:
    known = incident.known
    return known.device, known.metric, known.rule


def _entry(kind: Kind, incident: Incident, now_ms: int) -> Entry:
    return Entry(0, now_ms, kind, incident.site, incident.known.device, incident.incident, incident.known)

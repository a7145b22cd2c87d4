"""From entries of the ledger to notices: pure, and written in the entries' own transaction.

The whole course of an incident is planned when it calls. What ends the call takes back what is not needed any
more, and so does an edge that has told of it already.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hub.alarms.incidents.at_edge import told_at_edge
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident, rank
from hub.alarms.incidents.states import Kind, State
from hub.notify.notice_course import course, facts_of
from hub.notify.settings import NotifySettings
from storage.notices import NoticeChanges, NoticeKind, NoticeRow, Stop, TellTold, ToldElsewhere

REPLACED = "replaced"
BY_EDGE = "edge"
HeldUntil = Callable[[Incident], int]
"""Until when (Unix ms) nobody is told, because an edge may have done so; 0: not held."""


class Told(NamedTuple):
    """An entry with its incident before and after it; ``state`` after it. None for one of a device."""

    entry: Entry
    before: Incident | None
    after: Incident | None
    state: State | None


def calls(incident: Incident, state: State) -> bool:
    """Whether somebody must come: nobody has seen it, and it goes on or waits for a decision."""
    if incident.gone:
        return False
    return state is State.UNACK or (state is State.RTN_UNACK and incident.latches)


def _not_held(incident: Incident) -> int:
    return 0


def plan(
    told: Iterable[Told], book: Book, settings: NotifySettings, held_until: HeldUntil = _not_held
) -> NoticeChanges:
    """What these entries, just entered into ``book``, mean for the outbox."""
    planned = _Plan(book, settings, held_until)
    for each in told:
        if each.after is not None and each.state is not None:
            planned.of_incident(each, each.after, each.state)
        elif each.entry.kind in (Kind.OUT_OF_SERVICE, Kind.IN_SERVICE):
            planned.of_device(each.entry)
    return NoticeChanges(planned.stops, planned.tells, planned.new, elsewhere=planned.elsewhere)


def joined(one: NoticeChanges, other: NoticeChanges) -> NoticeChanges:
    """Both, in this order."""
    return replace(
        other,
        stops=[*one.stops, *other.stops],
        tells=[*one.tells, *other.tells],
        new=[*one.new, *other.new],
        elsewhere=[*one.elsewhere, *other.elsewhere],
    )


def standing_calls(
    book: Book, noticed: Container[str], settings: NotifySettings, at_ms: int
) -> list[NoticeRow]:
    """The courses of incidents that call, and of which there is no notice yet: there was no chain."""
    calling = (each for each in book.incidents.values() if each.incident not in noticed)
    return [
        row
        for each in calling
        if calls(each, book.state(each))
        for row in course(each.last, at_ms, each, settings)
    ]


@dataclass(slots=True)
class _Plan:
    """Rows of one commit are written after its stops, so what stops them changes them here."""

    book: Book
    settings: NotifySettings
    held_until: HeldUntil
    stops: list[Stop] = field(default_factory=list)
    tells: list[TellTold] = field(default_factory=list)
    new: list[NoticeRow] = field(default_factory=list)
    elsewhere: list[ToldElsewhere] = field(default_factory=list)

    def of_incident(self, told: Told, after: Incident, state: State) -> None:
        entry, before = told.entry, told.before
        out = entry.device in self.book.out_of_service
        called = before is not None and calls(before, before.state(out_of_service=out))
        now_calls = calls(after, state)
        if now_calls and not (called and before and not _worse(before, after)):
            if called:
                self._stop(Stop(entry.incident, REPLACED, entry.at_ms, due=False))
            self._call(entry, after)
        elif called and not now_calls:
            # Over without a word of people: whoever should have heard of it by now still does.
            over = state is State.RTN_UNACK
            self._stop(Stop(entry.incident, state.value.lower(), entry.at_ms, due=not over))
        if before and before.active and not after.active and not after.merged_into:
            self.tells.append(_end(entry, after, self.settings))
        if whom := told_at_edge(entry):
            self._told_elsewhere(ToldElsewhere(entry.incident, *whom, BY_EDGE, entry.at_ms))

    def of_device(self, entry: Entry) -> None:
        """Its incidents fall silent, or call again."""
        for incident in self.book.incidents.values():
            if incident.known.device != entry.device:
                continue
            if entry.kind is Kind.OUT_OF_SERVICE and not incident.closed:
                self._stop(Stop(incident.incident, "out_of_service", entry.at_ms, due=True))
            elif entry.kind is Kind.IN_SERVICE and calls(incident, self.book.state(incident)):
                self._call(entry, incident)

    def _call(self, entry: Entry, incident: Incident) -> None:
        held_until_ms = self.held_until(incident)
        self.new += course(entry.number, entry.at_ms, incident, self.settings, held_until_ms)

    def _stop(self, stop: Stop) -> None:
        self.stops.append(stop)
        self.new = [
            row._replace(state="SKIPPED", code=stop.code)
            if row.incident == stop.incident
            and row.state == "WAITING"
            and (stop.due or row.due_ms > stop.at_ms)
            else row
            for row in self.new
        ]

    def _told_elsewhere(self, told: ToldElsewhere) -> None:
        self.elsewhere.append(told)
        self.new = [
            row._replace(state="DELIVERED", code=told.code)
            if row.state == "WAITING" and is_told(row, told)
            else row
            for row in self.new
        ]


def is_told(row: NoticeRow, told: ToldElsewhere) -> bool:
    """Whether an edge has said already what this row would say."""
    same = (row.incident, row.person, row.kind) == (told.incident, told.person, "RAISED")
    return same and told.channel in ("", row.channel)


def _worse(before: Incident, after: Incident) -> bool:
    return rank(after.known) > rank(before.known) or (before.acknowledged and not after.acknowledged)


def _end(entry: Entry, incident: Incident, settings: NotifySettings) -> TellTold:
    kind: NoticeKind = "WITHDRAWN" if incident.withdrawn else "RETURNED"
    return TellTold(
        incident.incident,
        incident.site,
        kind,
        entry.number,
        0,  # good news wakes nobody by itself
        entry.at_ms + int(settings.gather_seconds * 1000),
        entry.at_ms,
        facts_of(incident),
    )

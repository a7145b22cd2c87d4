"""From entries of the ledger to notices: pure, and written in the entries' own transaction.

The whole course of an incident is planned when it calls: each step of its chain, then reminders with
doubling pauses. What ends the call takes back what is not needed any more.
"""

import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident, rank
from hub.alarms.incidents.states import Kind, State
from hub.notify.on_call import recipients
from hub.notify.settings import MINUTE_MS, Chain, NotifySettings
from storage.notices import NoticeChanges, NoticeKind, NoticeRow, Stop, TellTold

REPLACED = "replaced"
OF_VACCINE = ("temp.", "alarm.heat", "alarm.frze")  # metrics that speak of the vaccine itself


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


def is_urgent(incident: Incident) -> bool:
    """Vaccine that was measured too warm or frozen: never held back for others."""
    known = incident.known
    grave = incident.latches or known.severity == "critical"
    return known.worst is not None and grave and known.metric.startswith(OF_VACCINE)


@dataclass(slots=True)
class _Changes:
    stops: list[Stop] = field(default_factory=list)
    tells: list[TellTold] = field(default_factory=list)
    new: list[NoticeRow] = field(default_factory=list)


def plan(told: Iterable[Told], book: Book, settings: NotifySettings) -> NoticeChanges:
    """What these entries, just entered into ``book``, mean for the outbox."""
    made = _Changes()
    for each in told:
        if each.after is not None and each.state is not None:
            _of_incident(made, each, each.after, each.state, book, settings)
        elif each.entry.kind in (Kind.OUT_OF_SERVICE, Kind.IN_SERVICE):
            _of_device(made, each.entry, book, settings)
    return NoticeChanges(made.stops, made.tells, made.new)


def joined(one: NoticeChanges, other: NoticeChanges) -> NoticeChanges:
    """Both, in this order."""
    return replace(
        other,
        stops=[*one.stops, *other.stops],
        tells=[*one.tells, *other.tells],
        new=[*one.new, *other.new],
    )


def _of_incident(
    made: _Changes, told: Told, after: Incident, state: State, book: Book, settings: NotifySettings
) -> None:
    entry, before = told.entry, told.before
    out = entry.device in book.out_of_service
    called = before is not None and calls(before, before.state(out_of_service=out))
    now_calls = calls(after, state)
    if now_calls and not (called and before and not _worse(before, after)):
        if called:
            made.stops.append(Stop(entry.incident, REPLACED, entry.at_ms, due=False))
        made.new += _course(entry.number, entry.at_ms, after, settings)
    elif called and not now_calls:
        # Over without a word of people: whoever should have heard of it by now still does.
        over = state is State.RTN_UNACK
        made.stops.append(Stop(entry.incident, state.value.lower(), entry.at_ms, due=not over))
    if before and before.active and not after.active and not after.merged_into:
        made.tells.append(_end(entry, after, settings))


def _worse(before: Incident, after: Incident) -> bool:
    return rank(after.known) > rank(before.known) or (before.acknowledged and not after.acknowledged)


def _of_device(made: _Changes, entry: Entry, book: Book, settings: NotifySettings) -> None:
    """Its incidents fall silent, or call again."""
    for incident in book.incidents.values():
        if incident.known.device != entry.device:
            continue
        if entry.kind is Kind.OUT_OF_SERVICE and not incident.closed:
            stop = Stop(incident.incident, "out_of_service", entry.at_ms, due=True)
            made.stops.append(stop)
        elif entry.kind is Kind.IN_SERVICE and calls(incident, book.state(incident)):
            made.new += _course(entry.number, entry.at_ms, incident, settings)


def standing_calls(
    book: Book, noticed: Container[str], settings: NotifySettings, at_ms: int
) -> list[NoticeRow]:
    """The courses of incidents that call, and of which there is no notice yet: there was no chain."""
    calling = (each for each in book.incidents.values() if each.incident not in noticed)
    return [
        row
        for each in calling
        if calls(each, book.state(each))
        for row in _course(each.last, at_ms, each, settings)
    ]


def _course(number: int, at_ms: int, incident: Incident, settings: NotifySettings) -> Iterator[NoticeRow]:
    """``number``: of the ledger's entry that causes it, at ``at_ms``."""
    chain = settings.chain_for(incident.site, incident.known.severity)
    if chain is None:
        return
    told: set[tuple[str, str]] = set()
    begin_ms = at_ms + _gathering_ms(incident, settings)
    for level, step in enumerate(chain.steps):
        due_ms = begin_ms + int(step.after_minutes * MINUTE_MS)
        first = level > 0
        for person, channel in recipients(step, due_ms, settings):
            if (person, channel) not in told:
                told.add((person, channel))
                row = _row(number, at_ms, incident, "RAISED", level, person, channel, due_ms)
                yield row._replace(body=facts_of(incident, escalates=level)) if first else row
                first = False
    yield from _reminders(number, at_ms, incident, chain, settings)


def _reminders(
    number: int, at_ms: int, incident: Incident, chain: Chain, settings: NotifySettings
) -> Iterator[NoticeRow]:
    """Everybody of the chain, who has the duty then; pauses double."""
    begin_ms = at_ms + _gathering_ms(incident, settings) + int(chain.steps[-1].after_minutes * MINUTE_MS)
    for again in range(settings.reminders):
        due_ms = begin_ms + int(settings.remind_minutes * MINUTE_MS * (2 ** (again + 1) - 1))
        asked = (each for step in chain.steps for each in recipients(step, due_ms, settings))
        for person, channel in dict.fromkeys(asked):
            yield _row(number, at_ms, incident, "REMINDER", again, person, channel, due_ms)


def _gathering_ms(incident: Incident, settings: NotifySettings) -> int:
    """What is not urgent waits a little for others of its site."""
    return 0 if is_urgent(incident) else int(settings.gather_seconds * 1000)


def _row(
    number: int,
    at_ms: int,
    incident: Incident,
    kind: NoticeKind,
    step: int,
    person: str,
    channel: str,
    due_ms: int,
) -> NoticeRow:
    return NoticeRow(
        key=f"{number}.{incident.incident}.{kind}.{step}.{person}.{channel}",
        incident=incident.incident,
        site=incident.site,
        kind=kind,
        step=step,
        person=person,
        channel=channel,
        urgent=int(is_urgent(incident)),
        due_ms=due_ms,
        state="WAITING",
        tries=0,
        code="",
        message="",
        reply="",
        made_ms=at_ms,
        at_ms=at_ms,
        body=facts_of(incident),
    )


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


def facts_of(incident: Incident, *, escalates: int = 0) -> bytes:
    """What a text is made of: codes, numbers and ids. ``escalates``: the first notice of this later step."""
    known = incident.known
    told = {
        "device": known.device,
        "rule": known.rule,
        "metric": known.metric,
        "severity": known.severity,
        "start": known.start_ms,
        "cleared": known.cleared_at_ms,
        "worst": known.worst,
    }
    if escalates:
        told["escalates"] = escalates
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

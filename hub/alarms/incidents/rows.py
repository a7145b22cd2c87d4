"""Entries and incidents as the store keeps them, and back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import BadEntry, Entry, Head, entry_bytes, entry_of
from hub.alarms.incidents.service import Services
from hub.alarms.incidents.standing import Incident, end_ms
from hub.alarms.incidents.states import Kind, State
from storage.incidents import AlarmChanges, AlarmSetting, AlarmStanding, EntryRow, IncidentRow, Judged


def entry_row(entry: Entry) -> EntryRow:
    return EntryRow(
        entry.number,
        entry.incident,
        entry.device,
        entry.kind.value,
        entry.at_ms,
        entry_bytes(entry),
        bytes.fromhex(entry.hash),
    )


def entry_from(row: EntryRow) -> Entry:
    """Raises BadEntry, also where a column says something else than the entry's bytes."""
    entry = entry_of(row.body, row.hash.hex())
    if entry_row(entry) != row:
        raise BadEntry("ledger.wrong_column")
    return entry


def standing_row(incident: Incident, state: State) -> IncidentRow:
    known = incident.known
    return IncidentRow(
        incident.incident,
        incident.opened,
        incident.last,
        incident.site,
        known.device,
        known.metric,
        known.rule,
        state.value,
        known.severity,
        known.start_ms,
        known.cleared_at_ms,
        end_ms(incident.extent),
        json.dumps(asdict(incident), sort_keys=True, separators=(",", ":")).encode(),
    )


def incident_from(standing: bytes) -> Incident:
    """Of ``standing_row``; raises BadEntry."""
    try:
        told = json.loads(standing)
        return Incident(**{**told, "known": Episode(**told["known"])})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEntry("ledger.unreadable_standing") from error


def changes_of(
    book: Book,
    before: Head,
    entries: Sequence[Entry],
    judged: Judged | None = None,
    settings: Sequence[AlarmSetting] = (),
) -> AlarmChanges:
    """What ``entries``, just made by ``book``, change in the store."""
    names = {entry.incident: None for entry in entries if entry.incident}
    served = {entry.device for entry in entries if entry.kind in (Kind.OUT_OF_SERVICE, Kind.IN_SERVICE)}
    if served:  # the state of each of its incidents is another now
        names |= {each.incident: None for each in book.incidents.values() if each.known.device in served}
    rows = [standing_row(book.incidents[name], book.state(book.incidents[name])) for name in names]
    return AlarmChanges(before.number, [entry_row(entry) for entry in entries], rows, judged, settings)


def book_from(standing: AlarmStanding) -> Book:
    """The book that goes on where the store stands; raises BadEntry."""
    return Book.standing(
        Head(standing.number, standing.hash.hex()),
        map(incident_from, standing.incidents),
        services_of(standing.services),
    )


def services_of(services: Iterable[EntryRow]) -> Services:
    """The devices that are out of service, given every entry about it in order; raises BadEntry."""
    last = {row.device: row for row in services}
    out = (row for row in last.values() if row.kind == Kind.OUT_OF_SERVICE)
    return Services.of(map(entry_from, out))

"""Alarms: the ledger's chain, how incidents stand against what it says, and the events that told it."""

from collections.abc import Iterator
from typing import Any

import apsw
from msgspec import UnsetType

from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import BadEntry, Fault, Head, fault_of
from hub.alarms.incidents.rows import entry_from, standing_row
from hub.events import InvalidEvent, decode_data, decode_event
from hub.payloads import Alarm
from storage.incidents import EntryRow, IncidentRow
from storage.sqlite.checks.finding import Finding, Wrongs

_ENTRIES = "SELECT number, incident, device, kind, at_ms, body, hash FROM incident_entry ORDER BY number"
_ROWS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms, standing
FROM incident ORDER BY opened
"""
_PROGRESS = "SELECT number, hash FROM alarm_progress"
_TOLD = "SELECT number, body FROM event WHERE type = ? AND edge = 'hub' ORDER BY number"
_HASH = "SELECT hash FROM incident_entry WHERE number = ?"
LEDGER = "sổ sự cố / ledger of incidents"
INCIDENTS = "sự cố / incidents as they stand"
EVENTS = "sự kiện cảnh báo / events of the ledger"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """One pass over the ledger, one over the incidents, one over the log."""
    prover = Prover()
    for row in connection.execute(_ENTRIES):
        prover.take(EntryRow(*row))
    for row in connection.execute(_ROWS):
        prover.compare(IncidentRow(*row))
    progress: list[Any] = connection.execute(_PROGRESS).fetchall()
    number, head = progress[0]
    yield from prover.findings(Head(number, head.hex()))
    yield _events(connection)


class Prover:
    """Takes the ledger entry by entry, then how incidents stand."""

    def __init__(self) -> None:
        self._book = Book()
        self._fault: Fault | None = None
        self._count = 0
        self._wrong = Wrongs()

    def take(self, row: EntryRow) -> None:
        """The next entry; what comes behind a wrong one proves nothing."""
        self._count += 1
        if self._fault:
            return
        try:
            entry = entry_from(row)
        except BadEntry as error:
            self._fault = Fault(self._count, str(error))
            return
        self._fault = fault_of(self._book.head, entry)
        if not self._fault:
            self._book.follow(entry)

    def compare(self, row: IncidentRow) -> None:
        """How an incident stands must be the fold of its entries, unless it went on since."""
        incident = self._book.incidents.pop(row.id, None)
        if row.last > self._book.head.number:
            return
        if incident is None or standing_row(incident, self._book.state(incident)) != row:
            self._wrong.add(row.id)

    def findings(self, head: Head) -> Iterator[Finding]:
        """``head``: where the store says that the ledger stands."""
        if self._fault is None and head != self._book.head:
            self._fault = Fault(min(head.number, self._count) + 1, "ledger.cut_short")
        if self._fault:
            yield Finding(False, LEDGER, f"entry {self._fault.number}: {self._fault.reason}")
            return
        yield Finding(True, LEDGER, f"{self._count} entries, {head.hash}")
        for name in self._book.incidents:
            self._wrong.add(f"{name} is missing")
        yield self._wrong.finding(INCIDENTS, "each is what its entries say")


def _events(connection: apsw.Connection) -> Finding:
    """What the bus was told of an entry is what stands in the ledger, and every entry was told."""
    wrong, told = Wrongs(), 0
    for number, body in connection.execute(_TOLD, (Alarm.TYPE,)):
        alarm = _alarm(body)
        if alarm is None or isinstance(alarm.entry, UnsetType):
            continue  # of hub and edges themselves: in no ledger
        told += 1
        found = connection.execute(_HASH, (alarm.entry,)).get
        if found is None or found.hex() != alarm.hash:
            wrong.add(f"log number {number}")
    entries = int(connection.execute("SELECT count(*) FROM incident_entry").get)
    if told < entries:
        wrong.add(f"not told: {entries - told}")
    return wrong.finding(EVENTS, f"{told}")


def _alarm(body: bytes) -> Alarm | None:
    """None for a body that nobody can read: the check of the log names it."""
    try:
        payload = decode_data(decode_event(body))
    except InvalidEvent:
        return None
    return payload if isinstance(payload, Alarm) else None

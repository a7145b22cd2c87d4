"""What gates counted by the hour: kept in the transaction of its cause, and recounted (storage/gates.py)."""

from collections.abc import Mapping
from itertools import chain

import apsw

from storage.admission import Stored
from storage.gate_facts import (
    DecisionRow,
    GateCell,
    PassageRow,
    decided,
    differing,
    gate_sums,
    went,
    zone_sums,
)
from storage.sqlite.session import Session

_ADD = """
INSERT INTO gate_hour
    (edge, zone, hour, site, device, allow, deny, hold, alert, retry, duplicate, manual,
     seen_in, inferred_in, seen_out, inferred_out)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (edge, zone, hour, site, device) DO UPDATE
SET allow = allow + excluded.allow, deny = deny + excluded.deny, hold = hold + excluded.hold,
    alert = alert + excluded.alert, retry = retry + excluded.retry,
    duplicate = duplicate + excluded.duplicate, manual = manual + excluded.manual,
    seen_in = seen_in + excluded.seen_in, inferred_in = inferred_in + excluded.inferred_in,
    seen_out = seen_out + excluded.seen_out, inferred_out = inferred_out + excluded.inferred_out
"""
_ADD_ZONE = """
INSERT INTO gate_zone (edge, zone, seen_in, inferred_in, seen_out, inferred_out) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (edge, zone) DO UPDATE
SET seen_in = seen_in + excluded.seen_in, inferred_in = inferred_in + excluded.inferred_in,
    seen_out = seen_out + excluded.seen_out, inferred_out = inferred_out + excluded.inferred_out
"""
_STANDING = """
SELECT event.epoch, event.seq, known.number
FROM {table} AS known JOIN event ON event.number = known.number
WHERE known.edge = ? AND known.scan = ? AND known.current = 1
"""
_KEPT = """
SELECT edge, zone, hour, site, device, allow, deny, hold, alert, retry, duplicate, manual,
    seen_in, inferred_in, seen_out, inferred_out
FROM gate_hour
"""
_KEPT_ZONES = "SELECT edge, zone, seen_in, inferred_in, seen_out, inferred_out FROM gate_zone"
_DECIDED = """
SELECT edge, scan, site, device, zone, decision, time_ms, placed_ms FROM gate_decision WHERE current = 1
"""
_WENT = """
SELECT edge, scan, site, device, zone, direction, confirmed, placed_ms FROM gate_passage WHERE current = 1
"""
_STANDING_IN = {
    table: _STANDING.format(table=table) for table in ("gate_scan", "gate_decision", "gate_passage")
}


def standing_of(session: Session, table: str, edge: str, scan: str) -> tuple[int, int, int] | None:
    """(epoch, seq, number) of the row of ``table`` that stands for this scan."""
    row = session.connection.execute(_STANDING_IN[table], (edge, scan)).fetchone()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]))


def is_later(stored: Stored, standing: tuple[int, int, int] | None) -> bool:
    """Whether the event comes after the one that stands, in its edge's order."""
    return standing is None or (stored.epoch, stored.event.seq) > standing[:2]


def note_zone(session: Session, edge: str, zone: str) -> None:
    """There is such a zone, whether or not anybody went."""
    session.connection.execute(_ADD_ZONE, (edge, zone, 0, 0, 0, 0))


def write_gate_hours(session: Session) -> None:
    """Once per row of counts and transaction."""
    added = gate_sums(session.gate_changes)
    session.gate_changes.clear()
    if added:
        connection = session.connection
        connection.executemany(_ADD, [(*cell, *counts) for cell, counts in added.items()])
        connection.executemany(_ADD_ZONE, [(*key, *went) for key, went in zone_sums(added).items()])


def gate_differences(connection: apsw.Connection) -> list[GateCell | tuple[str, str]]:
    """Hours and zones whose counts are not those of the rows that stand: for a check of the store."""
    kept = {GateCell(*row[:5]): list(row[5:]) for row in connection.execute(_KEPT)}
    zones = {(row[0], row[1]): list(row[2:]) for row in connection.execute(_KEPT_ZONES)}
    counted = _counted(connection)
    return [*differing(kept, counted), *differing(zones, zone_sums(counted))]


def _counted(connection: apsw.Connection) -> Mapping[GateCell, list[int]]:
    decisions = (decided(DecisionRow(*row), 1) for row in connection.execute(_DECIDED))
    return gate_sums(chain(decisions, (went(PassageRow(*row), 1) for row in connection.execute(_WENT))))

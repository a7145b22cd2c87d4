"""gate.decision.v1: what a gate decided about a scan."""

from hub.payloads import GateDecision
from storage.admission import Stored
from storage.gate_facts import DecisionRow, decided, decision_row
from storage.sqlite.gates import is_later, standing_of
from storage.sqlite.session import Session

TYPE = GateDecision.TYPE

_INSERT = """
INSERT INTO gate_decision
    (number, current, edge, scan, site, device, zone, decision, time_ms, placed_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UNMARK = """
UPDATE gate_decision SET current = 0 WHERE number = ?
RETURNING edge, scan, site, device, zone, decision, time_ms, placed_ms
"""


def apply(session: Session, stored: Stored, payload: GateDecision) -> None:
    """The last word of an edge on a scan stands, and is counted."""
    row = decision_row(stored, payload)
    standing = standing_of(session, "gate_decision", row.edge, row.scan)
    stands = is_later(stored, standing)
    if standing and stands:
        for old in session.connection.execute(_UNMARK, (standing[-1],)).fetchall():
            session.gate_changes.append(decided(DecisionRow._make(old), -1))
    session.connection.execute(_INSERT, (stored.number, int(stands), *row))
    if stands:
        session.gate_changes.append(decided(row, 1))

"""gate.passage.v1: who went through a gate; one that is nobody's is counted by itself."""

from hub.payloads import Passage
from storage.admission import Stored
from storage.gate_facts import PassageRow, passage_row, went
from storage.sqlite.gates import is_later, standing_of
from storage.sqlite.session import Session

TYPE = Passage.TYPE

_INSERT = """
INSERT INTO gate_passage
    (number, current, edge, scan, site, device, zone, direction, confirmed, placed_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UNMARK = """
UPDATE gate_passage SET current = 0 WHERE number = ?
RETURNING edge, scan, site, device, zone, direction, confirmed, placed_ms
"""


def apply(session: Session, stored: Stored, payload: Passage) -> None:
    """One scan lets one person through: the last word of an edge on it stands, and is counted."""
    row = passage_row(stored, payload)
    standing = standing_of(session, "gate_passage", row.edge, row.scan) if row.scan else None
    stands = is_later(stored, standing)
    if standing and stands:
        for old in session.connection.execute(_UNMARK, (standing[-1],)).fetchall():
            session.gate_changes.append(went(PassageRow._make(old), -1))
    session.connection.execute(_INSERT, (stored.number, int(stands), *row))
    if stands:
        session.gate_changes.append(went(row, 1))

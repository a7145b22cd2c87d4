"""gate.scan.v1: what was shown; its visit's name is blanked weeks later (storage/retention.py)."""

from hub.payloads import Scan
from storage.admission import Stored
from storage.gate_facts import scan_row
from storage.sqlite.gates import is_later, standing_of
from storage.sqlite.session import Session

TYPE = Scan.TYPE

_INSERT = "INSERT INTO gate_scan (number, current, edge, scan, time_ms, visit) VALUES (?, ?, ?, ?, ?, ?)"
_UNMARK = "UPDATE gate_scan SET current = 0 WHERE number = ?"


def apply(session: Session, stored: Stored, payload: Scan) -> None:
    """The last word of an edge on a scan stands."""
    row = scan_row(stored, payload)
    standing = standing_of(session, "gate_scan", row.edge, row.scan)
    stands = is_later(stored, standing)
    if standing and stands:
        session.connection.execute(_UNMARK, (standing[-1],))
    session.connection.execute(_INSERT, (stored.number, int(stands), *row))
    session.visit_came(stored.time_ms)

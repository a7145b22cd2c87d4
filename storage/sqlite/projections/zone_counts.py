"""gate.occupancy.v1: how many are in a zone, as its edge counts or a person set it."""

from hub.payloads import ZoneCount
from storage.admission import Stored
from storage.gate_facts import count_row
from storage.sqlite.gates import note_zone
from storage.sqlite.session import Session

TYPE = ZoneCount.TYPE

_INSERT = """
INSERT INTO gate_count (number, edge, zone, cause, site, device, placed_ms, count, actor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def apply(session: Session, stored: Stored, payload: ZoneCount) -> None:
    """Every word is kept: which of them count is asked by their time (storage/occupancy.py)."""
    row = count_row(stored, payload)
    session.connection.execute(_INSERT, (stored.number, *row))
    note_zone(session, row.edge, row.zone)

"""gate.passage.v1: who went through a gate; one that is nobody's is counted by itself."""

from hub.payloads import Passage
from storage.gate_facts import PassageRow, passage_row, went
from storage.postgres.entries import Entry, columns
from storage.postgres.gates import chosen, rows_of
from storage.postgres.session import Session

TYPE = Passage.TYPE

_INSERT = """
INSERT INTO gate_passage
    (number, current, edge, scan, site, device, zone, direction, confirmed, placed_ms)
SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::boolean[], $10::bigint[])
"""
_UNMARK = """
UPDATE gate_passage SET current = FALSE WHERE number = ANY($1::bigint[])
RETURNING edge, scan, site, device, zone, direction, confirmed, placed_ms
"""

prepare = passage_row


async def apply(session: Session, entries: list[Entry]) -> None:
    """One scan lets one person through: the last word of an edge on it stands, and is counted."""
    found = await chosen(session, "gate_passage", entries)
    old = await session.connection.fetch(_UNMARK, found.stepping_down)
    session.gate_changes += [went(PassageRow(*row), -1) for row in old]
    await session.connection.execute(_INSERT, *columns(rows_of(entries, found), 10))
    session.gate_changes += [
        went(entry.prepared, 1) for entry in entries if entry.stored.number in found.standing
    ]

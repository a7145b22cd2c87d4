"""gate.decision.v1: what a gate decided about a scan."""

from hub.payloads import GateDecision
from storage.gate_facts import DecisionRow, decided, decision_row
from storage.postgres.entries import Entry, columns
from storage.postgres.gates import chosen, rows_of
from storage.postgres.session import Session

TYPE = GateDecision.TYPE

_INSERT = """
INSERT INTO gate_decision
    (number, current, edge, scan, site, device, zone, decision, time_ms, placed_ms)
SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::bigint[], $10::bigint[])
"""
_UNMARK = """
UPDATE gate_decision SET current = FALSE WHERE number = ANY($1::bigint[])
RETURNING edge, scan, site, device, zone, decision, time_ms, placed_ms
"""

prepare = decision_row


async def apply(session: Session, entries: list[Entry]) -> None:
    """The last word of an edge on a scan stands, and is counted."""
    found = await chosen(session, "gate_decision", entries)
    old = await session.connection.fetch(_UNMARK, found.stepping_down)
    session.gate_changes += [decided(DecisionRow(*row), -1) for row in old]
    await session.connection.execute(_INSERT, *columns(rows_of(entries, found), 10))
    session.gate_changes += [
        decided(entry.prepared, 1) for entry in entries if entry.stored.number in found.standing
    ]

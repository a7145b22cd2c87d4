"""gate.scan.v1: what was shown; its visit's name is blanked weeks later (storage/retention.py)."""

from hub.payloads import Scan
from storage.gate_facts import scan_row
from storage.postgres.entries import Entry, columns
from storage.postgres.gates import chosen, rows_of
from storage.postgres.session import Session

TYPE = Scan.TYPE

_INSERT = """
INSERT INTO gate_scan (number, current, edge, scan, time_ms, visit)
SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::bigint[], $6::text[])
"""
_UNMARK = "UPDATE gate_scan SET current = FALSE WHERE number = ANY($1::bigint[])"

prepare = scan_row


async def apply(session: Session, entries: list[Entry]) -> None:
    """The last word of an edge on a scan stands."""
    found = await chosen(session, "gate_scan", entries)
    await session.connection.execute(_UNMARK, found.stepping_down)
    await session.connection.execute(_INSERT, *columns(rows_of(entries, found), 6))
    for entry in entries:
        session.visit_came(entry.stored.time_ms)

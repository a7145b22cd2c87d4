"""gate.occupancy.v1: how many are in a zone, as its edge counts or a person set it."""

from hub.payloads import ZoneCount
from storage.gate_facts import count_row
from storage.postgres.entries import Entry, columns
from storage.postgres.gates import note_zones
from storage.postgres.session import Session

TYPE = ZoneCount.TYPE

_INSERT = """
INSERT INTO gate_count (number, edge, zone, cause, site, device, placed_ms, count, actor)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::bigint[], $8::bigint[], $9::text[])
"""

prepare = count_row


async def apply(session: Session, entries: list[Entry]) -> None:
    """Every word is kept: which of them count is asked by their time (storage/occupancy.py)."""
    rows = [(entry.stored.number, *entry.prepared) for entry in entries]
    await session.connection.execute(_INSERT, *columns(rows, 9))
    await note_zones(session, (entry.prepared[:2] for entry in entries))

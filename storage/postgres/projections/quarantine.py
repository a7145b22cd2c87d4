"""quarantine.v1: what waits at the edges; the newest event of a (source, subject) says how it stands."""

from hub.payloads import Quarantined
from storage.admission import Stored
from storage.postgres.entries import Entry
from storage.postgres.session import Session

TYPE = Quarantined.TYPE

_UPSERT = """
INSERT INTO quarantine (id, source, subject, number, epoch, seq, state, received_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (source, subject) DO UPDATE
SET number = excluded.number, epoch = excluded.epoch, seq = excluded.seq, state = excluded.state
WHERE (excluded.epoch, excluded.seq) > (quarantine.epoch, quarantine.seq)
"""


def prepare(stored: Stored, payload: Quarantined) -> str:
    """The state."""
    return payload.state


async def apply(session: Session, entries: list[Entry]) -> None:
    """Open the entries or move them on; older news change nothing."""
    rows = []
    for entry in entries:
        stored, event = entry.stored, entry.stored.event
        names = (stored.id, event.source, event.subject)
        place = (stored.number, stored.epoch, event.seq)
        rows.append((*names, *place, entry.prepared, stored.arrived_ms))
    await session.connection.executemany(_UPSERT, rows)

"""quarantine.v1: what waits at the edges; the newest event of a (source, subject) says how it stands."""

from hub.payloads import Quarantined
from storage.admission import Stored
from storage.sqlite.session import Session

TYPE = Quarantined.TYPE

_UPSERT = """
INSERT INTO quarantine (id, source, subject, number, epoch, seq, state, received_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, subject) DO UPDATE
SET number = excluded.number, epoch = excluded.epoch, seq = excluded.seq, state = excluded.state
WHERE (excluded.epoch, excluded.seq) > (quarantine.epoch, quarantine.seq)
"""


def apply(session: Session, stored: Stored, payload: Quarantined) -> None:
    """Open the entry or move it on; older news change nothing."""
    event = stored.event
    session.connection.execute(
        _UPSERT,
        (
            stored.id,
            event.source,
            event.subject,
            stored.number,
            stored.epoch,
            event.seq,
            payload.state,
            stored.arrived_ms,
        ),
    )

"""One write transaction: everything or nothing, and what was gathered for its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage.sqlite.gates import write_gate_hours
from storage.sqlite.lab_days import write_changes
from storage.sqlite.projections.readings import write_spans
from storage.sqlite.session import Session

_SIGHTING = """
INSERT INTO device (edge, device, site, last_message_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (edge, device) DO UPDATE
SET last_message_ms = excluded.last_message_ms, site = excluded.site
WHERE device.last_message_ms IS NULL OR excluded.last_message_ms > device.last_message_ms
"""
_GAINS = """
UPDATE store SET events = events + :events, results = results + :results,
    readings = readings + :readings, poison = poison + :poison
"""
_COUNTED = ("events", "results", "readings", "poison")


@contextmanager
def transaction(session: Session) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT; whatever is raised inside leaves nothing behind."""
    connection = session.connection
    session.begin()
    connection.execute("BEGIN IMMEDIATE")
    committed = False
    try:
        yield
        _write_gathered(session)
        connection.execute("COMMIT")
        committed = True
    finally:
        if not committed:
            session.forget()
            if connection.in_transaction:  # SQLite rolls back by itself when the disk fails
                connection.execute("ROLLBACK")


def _write_gathered(session: Session) -> None:
    """Once per device, series and transaction, however many events it has."""
    write_spans(session)
    write_changes(session)
    write_gate_hours(session)
    session.connection.executemany(
        _SIGHTING, [(*key, site, seen_ms) for key, (site, seen_ms) in session.sightings.items()]
    )
    if any(session.gains.values()):
        session.connection.execute(_GAINS, {name: session.gains[name] for name in _COUNTED})

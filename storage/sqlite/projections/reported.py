"""What people and other systems report: every version of a fact, and which of them stands."""

from typing import Any

from hub.events import decode_data, decode_event
from hub.reported import Reported
from storage.admission import Stored
from storage.reporting_versions import REPORTED_TYPES, STILL, fact_row
from storage.sqlite.session import Session

TYPES = REPORTED_TYPES

_STANDING = "SELECT number, told_ms FROM fact WHERE type = ? AND subject = ?"
_NEW = "INSERT INTO fact (type, subject, number, told_ms, versions) VALUES (?, ?, ?, ?, 1)"
_REPLACE = """
UPDATE fact SET number = ?, told_ms = ?, versions = versions + 1 WHERE type = ? AND subject = ?
"""
_END = "UPDATE fact_version SET until = ? WHERE number = ?"
_ONE_MORE = "UPDATE fact SET versions = versions + 1 WHERE type = ? AND subject = ?"
_INSERT = """
INSERT INTO fact_version (number, until, type, subject, scope, day, told_ms, received_ms, id, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TYPES = ", ".join(f"'{name}'" for name in TYPES)
_LOGGED = f"""
SELECT number, id, epoch, time_ms, received_ms, body FROM event
WHERE number > ? AND type IN ({_TYPES}) ORDER BY number LIMIT 1000
"""  # noqa: S608  our own names


def apply(session: Session, stored: Stored, payload: Reported) -> None:
    """The version that was taken down last stands (storage.reporting_versions)."""
    row = fact_row(stored, payload, session.zone)
    connection, key, until = session.connection, (row.type, row.subject), STILL
    standing = connection.execute(_STANDING, key).fetchone()
    if standing is None:
        connection.execute(_NEW, (*key, stored.number, row.told_ms))
    elif (row.told_ms, stored.number) > (standing[1], standing[0]):
        connection.execute(_END, (stored.number, standing[0]))
        connection.execute(_REPLACE, (stored.number, row.told_ms, *key))
    else:
        connection.execute(_ONE_MORE, key)
        until = stored.number
    connection.execute(_INSERT, (stored.number, until, *row))


def recount(session: Session) -> None:
    """All facts anew from the log: which day a moment belongs to may have changed with the zone."""
    session.connection.execute("DELETE FROM fact; DELETE FROM fact_version")
    number = 0
    while rows := _logged(session, number):
        for row in rows:
            _replay(session, row)
        number = rows[-1][0]


def _logged(session: Session, after: int) -> list[tuple[Any, ...]]:
    return session.connection.execute(_LOGGED, (after,)).fetchall()


def _replay(session: Session, row: tuple[Any, ...]) -> None:
    number, id_, epoch, time_ms, arrived_ms, body = row
    event = decode_event(body)
    payload = decode_data(event)
    if isinstance(payload, Reported):
        stored = Stored(number, id_, b"", event, epoch, time_ms, arrived_ms, arrived_ms)
        apply(session, stored, payload)

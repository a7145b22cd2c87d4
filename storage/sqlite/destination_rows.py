"""How far destinations are, and their outbox (storage.destinations): the writer's part."""

from dataclasses import astuple, fields
from typing import Any

import apsw

from storage.destination_rows import ordered, settled
from storage.destinations import DestinationChange, DestinationMoved, DestinationOrder, DestinationRow
from storage.sqlite.session import Session

COLUMNS = ", ".join(field.name for field in fields(DestinationRow))
OUTBOX_COLUMNS = "number, event_id, type, ordering, state, attempts, first_ms, next_ms, reason"

_KNOWN = f"SELECT {COLUMNS} FROM destination WHERE name = ?"  # noqa: S608  our own column names
_PUT = f"""
INSERT OR REPLACE INTO destination ({COLUMNS}) VALUES ({", ".join("?" * len(fields(DestinationRow)))})
"""  # noqa: S608
_PUT_ROW = f"""
INSERT OR REPLACE INTO outbox (destination, {OUTBOX_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608
_GONE = "DELETE FROM outbox WHERE destination = ? AND number = ?"
_DROP = "DELETE FROM outbox WHERE destination = ? AND number = ? AND state = 'dead'"
_EMPTY = "DELETE FROM outbox WHERE destination = ?"
_THERE = "SELECT count(*) FROM outbox WHERE destination = ?"


def settle(session: Session, change: DestinationChange, now_ms: int) -> int | Exception:
    """In the running transaction; gives DestinationMoved or ValueError, with nothing written."""
    connection, name = session.connection, change.name
    try:
        row = settled(_known(connection, name), change, now_ms)
    except (DestinationMoved, ValueError) as error:
        return error
    if change.begin:
        connection.execute(_EMPTY, (name,))
    connection.executemany(_GONE, [(name, number) for number in change.gone])
    connection.executemany(_PUT_ROW, [(name, *each) for each in change.put])
    connection.execute(_PUT, astuple(row))
    return row.version


def order(session: Session, wanted: DestinationOrder, now_ms: int) -> int | Exception:
    """The same; gives LookupError."""
    connection, name = session.connection, wanted.name
    known = _known(connection, name)
    if known is None:
        return LookupError(name)
    before: int = connection.execute(_THERE, (name,)).get
    connection.executemany(_DROP, [(name, number) for number in wanted.drop])
    left: int = connection.execute(_THERE, (name,)).get
    connection.executemany(_PUT_ROW, [(name, *each) for each in wanted.replay])
    added = connection.execute(_THERE, (name,)).get - left
    row = ordered(known, wanted, now_ms, added=added, dropped=before - left)
    connection.execute(_PUT, astuple(row))
    return len(wanted.replay) + before - left


def _known(connection: apsw.Connection, name: str) -> DestinationRow | None:
    row: Any = connection.execute(_KNOWN, (name,)).fetchone()
    return None if row is None else DestinationRow(*row)

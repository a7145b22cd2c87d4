"""How far projections are, and what their servers refused (storage.projections): the writer's part."""

from dataclasses import astuple, fields, replace
from typing import Any

import apsw

from storage.projection_rows import rejected_rows, settled
from storage.projections import MOST_REJECTED, ProjectionChange, ProjectionRow
from storage.sqlite.session import Session

COLUMNS = ", ".join(field.name for field in fields(ProjectionRow))

_KNOWN = f"SELECT {COLUMNS} FROM projection WHERE name = ?"  # noqa: S608  our own column names
_PUT = f"INSERT OR REPLACE INTO projection ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_REJECT = """
INSERT INTO projection_rejected (name, number, digest, at_ms, reason, line) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (name, number, digest) DO NOTHING
"""
_FORGET = "DELETE FROM projection_rejected WHERE name = ?"
_KEEP_NEWEST = """
DELETE FROM projection_rejected WHERE name = :name AND entry <= (
    SELECT entry FROM projection_rejected WHERE name = :name ORDER BY entry DESC LIMIT 1 OFFSET :most
)
"""


def settle(session: Session, change: ProjectionChange, now_ms: int) -> None:
    """In the running transaction."""
    connection = session.connection
    if change.begin:
        connection.execute(_FORGET, (change.name,))
    row = settled(_known(connection, change.name), change, now_ms)
    connection.execute(_PUT, astuple(replace(row, rejected=row.rejected + _reject(connection, change))))


def _known(connection: apsw.Connection, name: str) -> ProjectionRow | None:
    row: Any = connection.execute(_KNOWN, (name,)).fetchone()
    return None if row is None else ProjectionRow(*row)


def _reject(connection: apsw.Connection, change: ProjectionChange) -> int:
    """How many of the lines are new."""
    before = connection.total_changes()
    rows = [(change.name, *row) for row in rejected_rows(change)]
    connection.executemany(_REJECT, rows)
    added = connection.total_changes() - before
    if added:
        connection.execute(_KEEP_NEWEST, {"name": change.name, "most": MOST_REJECTED})
    return added

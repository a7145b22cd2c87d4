"""Revisions of reports (storage.reporting): the writer's part."""

from typing import Any

import apsw

from storage.reporting import Revision
from storage.reporting_rows import next_revision
from storage.sqlite.session import Session

COLUMNS = ", ".join(Revision._fields)

_LAST = f"SELECT {COLUMNS} FROM report_revision WHERE report = ? AND query = ? ORDER BY revision DESC LIMIT 1"  # noqa: S608  our own column names
_INSERT = f"INSERT INTO report_revision ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


def revise(session: Session, told: Revision) -> Revision:
    """In the running transaction."""
    connection = session.connection
    last = _last(connection, told)
    revision = next_revision(told, last)
    if revision is not last:
        connection.execute(_INSERT, revision)
    return revision


def _last(connection: apsw.Connection, told: Revision) -> Revision | None:
    row: Any = connection.execute(_LAST, (told.report, told.query)).fetchone()
    return None if row is None else Revision(*row)

"""Revisions of reports (storage.reporting): the writer's part."""

from storage.postgres.session import Session
from storage.reporting import Revision
from storage.reporting_rows import next_revision

COLUMNS = ", ".join(Revision._fields)

_LAST = f"""
SELECT {COLUMNS} FROM report_revision WHERE report = $1 AND query = $2 ORDER BY revision DESC LIMIT 1
"""  # noqa: S608  our own column names
_INSERT = f"INSERT INTO report_revision ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"  # noqa: S608


async def revise(session: Session, told: Revision) -> Revision:
    """In the running transaction."""
    connection = session.connection
    row = await connection.fetchrow(_LAST, told.report, told.query)
    last = None if row is None else Revision(*row)
    revision = next_revision(told, last)
    if revision is not last:
        await connection.execute(_INSERT, *revision)
    return revision

"""How far projections are, and what their servers refused (storage.projections): the writer's part."""

from dataclasses import astuple, fields, replace

import asyncpg

from storage.postgres.entries import columns
from storage.postgres.session import Session
from storage.projection_rows import rejected_rows, settled
from storage.projections import MOST_REJECTED, ProjectionChange, ProjectionRow

NAMES = [field.name for field in fields(ProjectionRow)]
COLUMNS = ", ".join(NAMES)

_KNOWN = f"SELECT {COLUMNS} FROM projection WHERE name = $1"  # noqa: S608  our own column names
_PUT = f"""
INSERT INTO projection ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (name) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])}
"""  # noqa: S608
_REJECT = """
INSERT INTO projection_rejected (name, number, digest, at_ms, reason, line)
SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::text[], $6::text[])
ON CONFLICT (name, number, digest) DO NOTHING
"""
_FORGET = "DELETE FROM projection_rejected WHERE name = $1"
_KEEP_NEWEST = """
DELETE FROM projection_rejected WHERE name = $1 AND entry <= (
    SELECT entry FROM projection_rejected WHERE name = $1 ORDER BY entry DESC LIMIT 1 OFFSET $2
)
"""


async def settle(session: Session, change: ProjectionChange, now_ms: int) -> None:
    """In the running transaction."""
    connection = session.connection
    if change.begin:
        await connection.execute(_FORGET, change.name)
    row = settled(await _known(connection, change.name), change, now_ms)
    row = replace(row, rejected=row.rejected + await _reject(connection, change))
    await connection.execute(_PUT, *astuple(row))


async def _known(connection: asyncpg.Connection, name: str) -> ProjectionRow | None:
    row = await connection.fetchrow(_KNOWN, name)
    return None if row is None else ProjectionRow(*row)


async def _reject(connection: asyncpg.Connection, change: ProjectionChange) -> int:
    """How many of the lines are new."""
    rows = rejected_rows(change)
    if not rows:
        return 0
    done = await connection.execute(_REJECT, change.name, *columns(rows, 5))
    await connection.execute(_KEEP_NEWEST, change.name, MOST_REJECTED)
    return int(done.rpartition(" ")[2])

"""The chain of who did what, in PostgreSQL (storage.audit)."""

from collections.abc import Sequence

import asyncpg

from storage.audit import CHAIN_BEGINS, AuditFilter, AuditHead, AuditNote, AuditRow, chained
from storage.cursors import bounded
from storage.postgres.session import Session

_NOTED = ", ".join(AuditNote._fields)
_COLUMNS = f"number, {_NOTED}, hash"
_HEAD = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1"
_KNOWN = "SELECT key FROM audit_entry WHERE key = ANY($1::text[])"
_INSERT = f"""
INSERT INTO audit_entry ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""  # noqa: S608  our own column names
_PAGE = f"""
SELECT {_COLUMNS} FROM audit_entry
WHERE number < $1 AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR action = $3)
    AND ($4::bigint IS NULL OR at_ms >= $4) AND ($5::bigint IS NULL OR at_ms < $5)
ORDER BY number DESC LIMIT $6
"""  # noqa: S608
_AFTER = f"SELECT {_COLUMNS} FROM audit_entry WHERE number > $1 ORDER BY number LIMIT $2"  # noqa: S608


async def note(session: Session, notes: Sequence[AuditNote]) -> AuditHead:
    """In the running transaction."""
    connection = session.connection
    known = {row["key"] for row in await connection.fetch(_KNOWN, [one.key for one in notes])}
    fresh = {one.key: one for one in notes if one.key not in known}
    found = await connection.fetchrow(_HEAD)
    head = AuditHead(int(found["number"]), bytes(found["hash"])) if found else AuditHead(0, CHAIN_BEGINS)
    rows = chained(head, fresh.values())
    await connection.executemany(_INSERT, [(row.number, *row.note, row.hash) for row in rows])
    return AuditHead(rows[-1].number, rows[-1].hash) if rows else head


async def audit(
    connection: asyncpg.Connection, wanted: AuditFilter, before: int, limit: int
) -> list[AuditRow]:
    values = (before, wanted.actor, wanted.action, wanted.from_ms, wanted.to_ms, bounded(limit))
    return [_row(row) for row in await connection.fetch(_PAGE, *values)]


async def audit_after(connection: asyncpg.Connection, number: int, limit: int) -> list[AuditRow]:
    return [_row(row) for row in await connection.fetch(_AFTER, number, bounded(limit))]


def _row(row: asyncpg.Record) -> AuditRow:
    number, *noted, digest = row
    return AuditRow(number, AuditNote(*noted), bytes(digest))

"""The chain of who did what, in SQLite (storage.audit)."""

import json
from collections.abc import Sequence

import apsw

from storage.audit import CHAIN_BEGINS, AuditFilter, AuditHead, AuditNote, AuditRow, chained
from storage.cursors import bounded
from storage.sqlite.session import Session

_NOTED = ", ".join(AuditNote._fields)
_COLUMNS = f"number, {_NOTED}, hash"
_HEAD = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1"
_KNOWN = "SELECT key FROM audit_entry WHERE key IN (SELECT value FROM json_each(?))"
_INSERT = f"INSERT INTO audit_entry ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  our own column names
_PAGE = f"""
SELECT {_COLUMNS} FROM audit_entry
WHERE number < :before AND (:actor IS NULL OR actor = :actor) AND (:action IS NULL OR action = :action)
    AND (:from_ms IS NULL OR at_ms >= :from_ms) AND (:to_ms IS NULL OR at_ms < :to_ms)
ORDER BY number DESC LIMIT :rows
"""  # noqa: S608
_AFTER = f"SELECT {_COLUMNS} FROM audit_entry WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608


def note(session: Session, notes: Sequence[AuditNote]) -> AuditHead:
    """In the running transaction."""
    connection = session.connection
    asked = json.dumps([one.key for one in notes])
    known = {key for (key,) in connection.execute(_KNOWN, (asked,))}
    fresh = {one.key: one for one in notes if one.key not in known}
    head = _head(connection)
    rows = chained(head, fresh.values())
    connection.executemany(_INSERT, [(row.number, *row.note, row.hash) for row in rows])
    return AuditHead(rows[-1].number, rows[-1].hash) if rows else head


def audit(connection: apsw.Connection, wanted: AuditFilter, before: int, limit: int) -> list[AuditRow]:
    values = {
        "before": before,
        "actor": wanted.actor,
        "action": wanted.action,
        "from_ms": wanted.from_ms,
        "to_ms": wanted.to_ms,
        "rows": bounded(limit),
    }
    return [_row(row) for row in connection.execute(_PAGE, values)]


def audit_after(connection: apsw.Connection, number: int, limit: int) -> list[AuditRow]:
    return [_row(row) for row in connection.execute(_AFTER, (number, bounded(limit)))]


def _head(connection: apsw.Connection) -> AuditHead:
    row = connection.execute(_HEAD).fetchone()
    return AuditHead(int(row[0]), bytes(row[1])) if row else AuditHead(0, CHAIN_BEGINS)


def _row(row: tuple[object, ...]) -> AuditRow:
    number, *noted, digest = row
    return AuditRow(int(str(number)), AuditNote(*noted), bytes(digest))  # type: ignore[arg-type, call-overload]

"""A SQLite file as SQL that a person can read, and back: bodies as text, everything in its own order."""

from collections.abc import Iterator
from pathlib import Path

import apsw

_SCHEMA = """
SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
"""
_TABLES = """
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
"""


def dump(connection: apsw.Connection) -> str:
    """Schema, rows, AUTOINCREMENT's numbers and the version, as statements of one transaction."""
    return "\n".join(["BEGIN;", *_statements(connection), "COMMIT;", ""])


def load(path: Path, sql: str) -> None:
    """Make a new file of what ``dump`` wrote."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute(sql)
    finally:
        connection.close()


def _statements(connection: apsw.Connection) -> Iterator[str]:
    for (sql,) in connection.execute(_SCHEMA):
        yield f"{_bare(sql)};"
    for (table,) in connection.execute(_TABLES):
        for row in connection.execute(f"SELECT * FROM {table}"):
            yield f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))});"
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get:
        yield "DELETE FROM sqlite_sequence;"
        for name, seq in connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name"):
            yield f"INSERT INTO sqlite_sequence VALUES ({_literal(name)}, {seq});"
    for pragma in ("application_id", "user_version"):
        yield f"PRAGMA {pragma} = {connection.pragma(pragma)};"


def _bare(sql: str) -> str:
    """Without comments, which the migration has, and in one line a table."""
    lines = (line.partition("--")[0].strip() for line in sql.splitlines())
    return " ".join(line for line in lines if line)


def _literal(value: object) -> str:
    """A JSON body is kept as text: CAST makes the same bytes of it."""
    if isinstance(value, bytes) and value[:1] == b"{" and value.isascii() and value.decode().isprintable():
        return f"CAST({apsw.format_sql_value(value.decode())} AS BLOB)"
    literal: str = apsw.format_sql_value(value)
    return literal

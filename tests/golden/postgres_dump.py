"""A PostgreSQL store as SQL that a person can read, and back, by pg_dump of the server's own programs."""

import os
import re
import subprocess
from collections.abc import Iterable

from tests.postgres.server import DATABASE, PASSWORD, USER, PostgresServer, embedded_programs

_OPTIONS = ("--inserts", "--no-owner", "--no-privileges", "--no-comments", "--rows-per-insert=1")
# Comments, psql's own commands, and settings of the session that wrote it.
_NOT_OURS = re.compile(r"^(--|\\|SET |SELECT pg_catalog\.set_config|CREATE SCHEMA )")
_BODY = re.compile(r"'\\x(7b(?:[0-9a-f]{2})*)'")


def dump(server: PostgresServer, schema: str) -> str:
    """Schema and rows of a store, without the name of its schema."""
    command = [str(embedded_programs() / "pg_dump"), *_OPTIONS, f"--schema={schema}", "-h", "127.0.0.1"]
    command += ["-p", str(server.port), "-U", USER, DATABASE]
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=60)
    lines = (line for line in done.stdout.splitlines() if line and not _NOT_OURS.match(line))
    return _BODY.sub(_readable, _joined(line.replace(f"{schema}.", "") for line in lines))


async def load(server: PostgresServer, schema: str, sql: str) -> None:
    """Fill the empty ``schema`` with what ``dump`` wrote."""
    connection = await server.connect(server_settings={"search_path": schema})
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _joined(lines: Iterable[str]) -> str:
    """One line a statement: what pg_dump spreads over many belongs together."""
    return re.sub(r"(?<!;)\n\s*", " ", "\n".join(lines)) + "\n"


def _readable(found: re.Match[str]) -> str:
    """A JSON body as text: convert_to makes the same bytes of it."""
    body = bytes.fromhex(found[1])
    text = body.decode("ascii", "replace")
    if not body.isascii() or not text.isprintable():
        return found[0]
    return "convert_to('" + text.replace("'", "''") + "', 'UTF8')"

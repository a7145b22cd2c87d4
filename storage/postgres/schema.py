"""Numbered migrations of the PostgreSQL store: the table epihub_schema says how far a schema is."""

import asyncpg

from hub.errors import OperatorError
from storage.migrations import Migration, migrations_of, refuse_newer

# A migration may rewrite a large table; nobody reads or writes meanwhile.
LONGEST_MIGRATION_SECONDS = 3600

_VERSION = "SELECT version FROM epihub_schema"
_EXISTS = "SELECT to_regclass(quote_ident(current_schema()) || '.epihub_schema') IS NOT NULL"
# Tables of extensions are no sign of another program.
_TABLES = """
SELECT count(*) FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
_CREATE = """
CREATE TABLE IF NOT EXISTS epihub_schema (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version INTEGER NOT NULL
)
"""
_RECORD = """
INSERT INTO epihub_schema (version) VALUES ($1) ON CONFLICT (one) DO UPDATE SET version = excluded.version
"""


def migrations() -> list[Migration]:
    """Every migration of this dialect in order."""
    return migrations_of("storage.postgres")


def newest_version() -> int:
    """The schema that this epihub reads and writes."""
    return len(migrations())


async def version_of(connection: asyncpg.Connection) -> int:
    """The schema of a database; 0 for an empty one."""
    if not await connection.fetchval(_EXISTS):
        return 0
    version: int | None = await connection.fetchval(_VERSION)
    return version or 0


async def migrate(connection: asyncpg.Connection, steps: list[Migration] | None = None) -> None:
    """Bring the database to the newest version; raises OperatorError for one that is newer or not ours.

    The caller holds the store, so that nobody else writes meanwhile.
    """
    steps = migrations() if steps is None else steps
    version = await version_of(connection)
    refuse_newer(version, len(steps))
    if not version and await connection.fetchval(_TABLES):
        raise OperatorError("the database has tables of another program: give epihub a database of its own")
    for step in steps[version:]:
        await _apply(connection, step)


async def _apply(connection: asyncpg.Connection, step: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL statement_timeout = '{LONGEST_MIGRATION_SECONDS}s'")
        await connection.execute(step.sql, timeout=LONGEST_MIGRATION_SECONDS)
        await connection.execute(_CREATE)
        await connection.execute(_RECORD, step.version)

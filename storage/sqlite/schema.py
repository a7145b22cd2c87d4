"""Numbered migrations: one SQL file and one transaction each, PRAGMA user_version, never down."""

import apsw

from hub.errors import OperatorError
from storage.migrations import Migration, migrations_of, refuse_newer

APPLICATION_ID = 0x65706968  # "epih": tells our files from any other SQLite database


def migrations() -> list[Migration]:
    """Every migration of this dialect in order."""
    return migrations_of("storage.sqlite")


def newest_version() -> int:
    """The schema that this epihub reads and writes."""
    return len(migrations())


def version_of(connection: apsw.Connection) -> int:
    """The schema of a database; 0 for an empty one."""
    return int(connection.pragma("user_version"))


def migrate(connection: apsw.Connection, steps: list[Migration] | None = None) -> None:
    """Bring the database to the newest version; raises OperatorError for one that is newer or not ours."""
    steps = migrations() if steps is None else steps
    version = version_of(connection)
    refuse_newer(version, len(steps))
    _refuse_foreign(connection, version)
    for step in steps[version:]:
        _apply(connection, step)


def _refuse_foreign(connection: apsw.Connection, version: int) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    ours = connection.pragma("application_id") == APPLICATION_ID
    if (version or tables) and not ours:
        raise OperatorError("the store's file is a database of another program")


def _apply(connection: apsw.Connection, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(step.sql)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", step.version)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")

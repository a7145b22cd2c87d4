"""Numbered migrations: one SQL file and one transaction each, PRAGMA user_version, never down."""

import re
from importlib.resources import files
from typing import NamedTuple

import apsw

from hub.errors import OperatorError

APPLICATION_ID = 0x65706968  # "epih": tells our files from any other SQLite database
_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql\Z")


class Migration(NamedTuple):
    """One step: it brings the schema from ``version`` - 1 to ``version``."""

    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """Every migration in order; their numbers are 1, 2, 3 … without a gap."""
    folder = files("storage.sqlite") / "migrations"
    found = sorted(
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := _NAME.match(file.name))
    )
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise AssertionError("migrations are not numbered 1, 2, 3 …")
    return found


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
    if version > len(steps):
        raise OperatorError(
            f"the store has schema {version}, this epihub knows {len(steps)}: "
            "start the newer epihub again, or restore a backup taken before the upgrade"
        )
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

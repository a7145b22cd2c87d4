"""Numbered migrations: one SQL file and one transaction each, never down; each dialect has its own."""

import re
from importlib.resources import files
from typing import NamedTuple

from hub.errors import OperatorError

_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql\Z")


class Migration(NamedTuple):
    """One step: it brings the schema from ``version`` - 1 to ``version``."""

    version: int
    name: str
    sql: str


def migrations_of(package: str) -> list[Migration]:
    """Every migration in ``migrations/`` of a package, in order: 1, 2, 3 … without a gap."""
    folder = files(package) / "migrations"
    found = sorted(
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := _NAME.match(file.name))
    )
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise AssertionError("migrations are not numbered 1, 2, 3 …")
    return found


def refuse_newer(version: int, known: int) -> None:
    """Raise OperatorError for a schema that this epihub does not know: it never goes down."""
    if version > known:
        raise OperatorError(
            f"the store has schema {version}, this epihub knows {known}: "
            "start the newer epihub again, or restore a backup taken before the upgrade"
        )

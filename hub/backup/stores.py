"""The store of an installation in one moment, and back: SQLite or PostgreSQL, as its url says.

An edge that judges by itself has a small one of its own, always SQLite: ``ALARMS``.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from hub.backup.place import Place
from storage.archive import Archive, ArchiveWriter, StorePart
from storage.open import DATABASE
from storage.sqlite.backup import STORE, SqliteSnapshot, restore_file, snapshot

ALARMS = "alarms"  # section of a backup


class StoreSnapshot(Protocol):
    """``bytes``: about what it holds; ``rows`` of all its tables."""

    bytes: int
    rows: int

    async def dump(self, archive: ArchiveWriter) -> StorePart: ...


class _Sqlite:
    """A command has nothing to do beside it: it reads without a thread."""

    def __init__(self, found: SqliteSnapshot, section: str) -> None:
        self._found = found
        self._section = section
        self.bytes, self.rows = found.bytes, found.rows

    async def dump(self, archive: ArchiveWriter) -> StorePart:
        return self._found.dump(archive, self._section)


@asynccontextmanager
async def store_snapshot(place: Place) -> AsyncIterator[StoreSnapshot | None]:
    """None where the installation has no store: an edge apart. Raises StoreUnavailable, OperatorError."""
    if place.store_url:
        from storage.postgres.backup import snapshot as postgres_snapshot
        from storage.postgres.connection import Server

        async with postgres_snapshot(Server(place.store_url, place.password)) as moment:
            yield moment
        return
    with _in_file(place.data_dir / DATABASE, STORE) as moment:
        yield moment


@asynccontextmanager
async def alarms_snapshot(place: Place) -> AsyncIterator[StoreSnapshot | None]:
    """None where no edge judges by itself. Raises StoreUnavailable, OperatorError."""
    with _in_file(place.alarms, ALARMS) as moment:
        yield moment


@contextmanager
def _in_file(path: Path, section: str) -> Iterator[StoreSnapshot | None]:
    if path.exists():
        with snapshot(path) as found:
            yield _Sqlite(found, section)
    else:
        yield None


async def restore_postgres(
    archive: Archive, part: StorePart, place: Place, loaded: Callable[[int], None]
) -> None:
    """Fill the empty database that the place names."""
    from storage.postgres.backup import restore_database
    from storage.postgres.connection import Server

    assert place.store_url is not None
    await restore_database(archive, part, Server(place.store_url, place.password), loaded)


def restore_sqlite(
    archive: Archive, part: StorePart, path: Path, loaded: Callable[[int], None], section: str = STORE
) -> None:
    """Make ``path``, a new file, the store of a backup."""
    restore_file(archive, part, path, loaded, section)

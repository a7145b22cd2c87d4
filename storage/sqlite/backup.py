"""The SQLite store into a backup while the hub writes, and out of one.

The backup reads in one transaction of a read-only connection of its own process: it sees one moment,
the writer never waits for it. What it costs is that the WAL is not reset while it runs.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import apsw

from hub.errors import OperatorError, StoreUnavailable
from storage.archive import Archive, ArchiveWriter, BadArchive, StorePart
from storage.contract import Watermark
from storage.restored import COUNTED, RESTORED_AHEAD
from storage.sqlite.connection import connect_reader, require_sqlite, unavailable
from storage.sqlite.schema import APPLICATION_ID, migrate, migrations, newest_version, version_of
from storage.sqlite.store import STORE_ID_BYTES
from storage.sqlite.tables import (
    Snapshot,
    dump_tables,
    load_tables,
    sequences_of,
    set_sequences,
)

STORE = "store"  # the section of a backup in which the hub's is
_STORE = "SELECT id, deleted_number, events, results, readings, poison FROM store"
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"


class SqliteSnapshot(Snapshot):
    """One moment of a store: what it holds, and its tables."""

    def dump(self, archive: ArchiveWriter, section: str = STORE) -> StorePart:
        connection = self.connection
        row = connection.execute(_STORE).fetchone()
        if row is None:
            raise OperatorError("the store is empty: no hub has opened it yet")
        sequences = sequences_of(connection)
        return StorePart(
            dialect="sqlite",
            schema=version_of(connection),
            id=str(row[0]),
            last_number=sequences.get("event", 0),
            deleted_number=int(row[1]),
            counts=dict(zip(COUNTED, map(int, row[2:]), strict=True)),
            watermarks=tuple(Watermark(*mark) for mark in connection.execute(_WATERMARKS)),
            sequences=sequences,
            tables=dump_tables(connection, archive, section),
        )


@contextmanager
def snapshot(path: Path) -> Iterator[SqliteSnapshot]:
    """The store as it is now, however long reading takes; raises StoreUnavailable, OperatorError."""
    require_sqlite(apsw.sqlite_lib_version())
    try:
        connection = connect_reader(path)
        try:
            connection.execute("BEGIN")
            _require_known(connection)
            yield SqliteSnapshot(connection)
        finally:
            connection.close()
    except apsw.Error as error:
        raise unavailable(error) from error


def restore_file(
    archive: Archive, part: StorePart, path: Path, loaded: Callable[[int], None], section: str = STORE
) -> None:
    """Make ``path``, a new file, the store of a backup: migrated, durable, and with a new store id."""
    copy_file(archive, part, path, loaded, section)
    connection = apsw.Connection(str(path))
    try:
        migrate(connection)
        with connection:
            connection.execute("UPDATE store SET id = ?", (token_hex(STORE_ID_BYTES),))
            set_sequences(connection, {"event": part.last_number + RESTORED_AHEAD})
    except apsw.Error as error:
        raise unavailable(error) from error
    finally:
        connection.close()
    _sync(path)


def copy_file(
    archive: Archive, part: StorePart, path: Path, loaded: Callable[[int], None], section: str = STORE
) -> None:
    """Make ``path``, a new file, what the backup holds, in the backup's own schema."""
    require_sqlite(apsw.sqlite_lib_version())
    if part.schema > newest_version():
        raise OperatorError(
            f"the backup has schema {part.schema}, this epihub knows {newest_version()}: "
            "restore it with the epihub that made it, or a newer one"
        )
    if part.schema < 1:
        raise BadArchive("the backup's store has no schema")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        _fill(archive, part, path, loaded, section)
    except apsw.FullError as error:
        raise StoreUnavailable("store.full: no room for the restored store") from error
    except apsw.Error as error:
        raise unavailable(error) from error


def _fill(archive: Archive, part: StorePart, path: Path, loaded: Callable[[int], None], section: str) -> None:
    """One transaction without a journal: a file that was not finished is thrown away."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("page_size", 4096)
        connection.pragma("journal_mode", "off")
        connection.pragma("synchronous", "OFF")
        connection.pragma("cache_size", -65536)
        migrate(connection, migrations()[: part.schema])
        connection.execute("BEGIN IMMEDIATE")
        load_tables(connection, archive, section, part.tables, loaded)
        set_sequences(connection, part.sequences)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _require_known(connection: apsw.Connection) -> None:
    version = version_of(connection)
    if version == 0:
        raise OperatorError("the store is empty: no hub has opened it yet")
    if connection.pragma("application_id") != APPLICATION_ID:
        raise OperatorError("the store's file is a database of another program")
    if version > newest_version():
        raise OperatorError(f"the store has schema {version}, this epihub knows {newest_version()}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

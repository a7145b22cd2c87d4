"""The spool into a backup, and out of one as a spool that was restored: with a new epoch (design 3)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from hub.errors import OperatorError
from hub.spool.numbering import Numbering
from hub.spool.rows import SEQ_MASK
from hub.spool.schema import SCHEMA, check_sqlite, migrate, open_reader, open_spool, single_row
from storage.archive import Archive, ArchiveWriter, BadArchive, SpoolPart
from storage.sqlite.tables import Snapshot, dump_tables, load_tables, tables_of

# Starts of a restored spool are counted from here: state topics know a higher session as the newer one.
SESSIONS_AHEAD = 1_000_000
# Tables that make a spool one that is never overwritten.
HOLDING = frozenset({"event", "capture", "piece", "lab_order"})

_EPOCH = "SELECT number, epoch FROM epoch ORDER BY number DESC LIMIT 1"
_HIGHEST = "SELECT coalesce(max(n), 0) FROM event WHERE n > ?"
_HELD = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM capture)"
_SESSION = "UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE name = 'session'"


class SpoolSnapshot(Snapshot):
    """One moment of a spool."""

    def dump(self, archive: ArchiveWriter) -> SpoolPart:
        number, epoch = single_row(self.connection, _EPOCH)
        (highest,) = single_row(self.connection, _HIGHEST, (number << 32,))
        events, captures = single_row(self.connection, _HELD)
        tables = dump_tables(self.connection, archive, "spool")
        schema = int(self.connection.pragma("user_version"))
        return SpoolPart(schema, epoch, highest & SEQ_MASK, events, captures, tables)


@contextmanager
def snapshot(path: Path) -> Iterator[SpoolSnapshot]:
    """The spool as it is now; the edge goes on writing. Raises OperatorError."""
    check_sqlite()
    try:
        connection = open_reader(path)
        try:
            connection.execute("BEGIN")
            version = connection.pragma("user_version")
            if not 1 <= version <= SCHEMA:
                raise OperatorError(f"{path}: the spool has schema {version}, this epihub knows {SCHEMA}")
            yield SpoolSnapshot(connection)
        finally:
            connection.close()
    except apsw.Error as error:
        raise OperatorError(f"{path}: the spool cannot be read ({type(error).__name__})") from error


def restore_spool(archive: Archive, part: SpoolPart, path: Path, loaded: Callable[[int], None]) -> None:
    """Make ``path``, a new file, the spool of a backup: its epoch is closed, a new one is open.

    What had no receipt yet is sent first, under its own epoch; where the hub knows better, the
    edge renumbers it as it does for every restored spool.
    """
    copy_spool(archive, part, path, loaded)
    db = open_spool(path)
    try:
        with db:
            numbering = Numbering()
            numbering.load(db)
            numbering.open_epoch(db)
            db.execute(_SESSION, (SESSIONS_AHEAD,))
        db.pragma("journal_mode", "delete")  # one file to put in place
    finally:
        db.close()


def copy_spool(archive: Archive, part: SpoolPart, path: Path, loaded: Callable[[int], None]) -> None:
    """Make ``path``, a new file, what the backup holds, in the backup's own schema."""
    if not 1 <= part.schema <= SCHEMA:
        raise OperatorError(f"the backup's spool has schema {part.schema}, this epihub knows {SCHEMA}")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    db = apsw.Connection(str(path))
    try:
        migrate(db, part.schema)
        with db:
            load_tables(db, archive, "spool", part.tables, loaded)
    except apsw.Error as error:
        raise BadArchive(f"the spool cannot be restored ({type(error).__name__})") from error
    finally:
        db.close()


def held_by(path: Path) -> int:
    """Events, captures, pieces and orders in a spool, 0 of an absent one; raises OperatorError."""
    if not path.exists():
        return 0
    try:
        db = open_reader(path)
        try:
            held = HOLDING & tables_of(db).keys()
            counts = (db.execute(f"SELECT count(*) FROM {name}").get for name in held)  # noqa: S608  our names
            return sum(int(count) for count in counts)
        finally:
            db.close()
    except apsw.Error as error:
        raise OperatorError(f"{path}: the spool there cannot be read ({type(error).__name__})") from error

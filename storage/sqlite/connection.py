"""How epihub opens SQLite: which version, which pragmas, one writing process, and what its errors mean."""

import fcntl
import os
from pathlib import Path
from urllib.parse import quote

import apsw

from hub.errors import OperatorError, StoreUnavailable

# Below 3.51.3 a commit that races a checkpoint can be lost (sqlite.org/wal.html, "The WAL-Reset Bug").
OLDEST_SQLITE = (3, 51, 3)
BUSY_MS = 5000
CACHE_KIBIBYTES = 65536
# 2000 pages of 4 KiB: a checkpoint takes about 10 ms then; the writer also makes them when it is idle.
CHECKPOINT_PAGES = 2000
LARGEST_IDLE_WAL_BYTES = 64 * 1024 * 1024


def require_sqlite(version: str) -> None:
    """Raise OperatorError when ``version`` of SQLite may lose acknowledged commits."""
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(str(part) for part in OLDEST_SQLITE)
        raise OperatorError(f"SQLite {version} can lose commits (WAL-reset bug): {oldest} or newer is needed")


class StoreLock:
    """An advisory lock beside the database: one writing process for each, freed by the kernel at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._descriptor = -1

    def take(self) -> None:
        """Raise OperatorError when another hub holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise OperatorError("another hub uses this data directory") from error
        self._descriptor = descriptor

    def free(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def connect_writer(path: Path, largest_bytes: int | None = None) -> apsw.Connection:
    """The one connection that writes and checkpoints; every commit is on disk when it returns."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # the WAL takes its mode over
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("page_size", 4096)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    # What a process before us left in the page cache only, by a failed fsync, is durable from here on.
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    connection.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
    connection.pragma("journal_size_limit", LARGEST_IDLE_WAL_BYTES)
    connection.pragma("cache_size", -CACHE_KIBIBYTES)
    connection.pragma("temp_store", "memory")
    connection.pragma("trusted_schema", False)
    connection.pragma("secure_delete", True)  # what retention deletes is zeros in the file
    if largest_bytes is not None:
        connection.pragma("max_page_count", max(1, largest_bytes // 4096))
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """A connection that cannot write; raises StoreUnavailable while there is no database."""
    if not path.exists():
        raise StoreUnavailable("store.absent: no hub has made the database yet")
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{quote(str(path))}?mode=ro", flags=flags)
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("query_only", True)
    connection.pragma("temp_store", "memory")
    connection.pragma("trusted_schema", False)
    return connection


def code_of(error: apsw.Error) -> str:
    """``store.full``, ``store.ioerr``, ``store.constraint`` …: the name of SQLite's result code."""
    name = apsw.mapping_result_codes.get(getattr(error, "result", -1), "SQLITE_ERROR")
    return "store." + str(name).removeprefix("SQLITE_").lower()


def unavailable(error: apsw.Error) -> StoreUnavailable:
    """``error`` as the sink and the API understand it; its text holds no data."""
    return StoreUnavailable(code_of(error))


class Pooled:
    """A connection and the file it reads: after a restore the path names another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.connection = connect_reader(path)
        self._file = _identity(path)

    def is_current(self) -> bool:
        return self._path.exists() and _identity(self._path) == self._file


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino

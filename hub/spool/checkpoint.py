"""Moves the WAL into the spool's file while nobody waits: inside a commit it would hold ten ACKs or more.

Safe beside a writer from SQLite 3.51.3 on, which ``check_sqlite`` demands. A spool that is never idle
checkpoints inside a commit, once in ``MOST_BYTES`` of WAL.
"""

import asyncio
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw

MOST_BYTES = 32 * 1024 * 1024
WAL_BYTES = MOST_BYTES + 256 * 1024  # and a header of 24 bytes for each page
WORTH_BYTES = 1024 * 1024
ROOM_BYTES = 512 * 1024 * 1024
IDLE_SECONDS = 0.25
log = logging.getLogger(__name__)


class IdleCheckpoint:
    """All methods belong to the loop's thread; the work is done in one of its own."""

    def __init__(self, path: Path, writer: apsw.Connection) -> None:
        page_bytes = writer.pragma("page_size")
        self._most_pages, self._worth_pages = MOST_BYTES // page_bytes, WORTH_BYTES // page_bytes
        _stretch(path)
        writer.set_wal_hook(self._grown)  # instead of SQLite's own
        self._pages = 0
        self._unfinished = False
        self._db = apsw.Connection(str(path))
        self._db.pragma("journal_mode")  # reads the file: a connection that has not would find no WAL
        self._db.pragma("wal_autocheckpoint", 0)
        self._thread = ThreadPoolExecutor(1, "spool-checkpoint")
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._committed_at = 0.0

    def committed(self) -> None:
        """A commit is done; cheap, because it is said after each."""
        self._committed_at = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(IDLE_SECONDS, self._look)

    def close(self) -> None:
        """Before the writer's connection: who closes a database last moves the rest."""
        if self._timer:
            self._timer.cancel()
        self._thread.shutdown()
        self._db.close()

    def _look(self) -> None:
        idle_seconds = self._loop.time() - self._committed_at
        if idle_seconds < IDLE_SECONDS:
            self._timer = self._loop.call_later(IDLE_SECONDS - idle_seconds, self._look)
            return
        self._timer = None
        if self._pages >= self._worth_pages or self._unfinished:
            self._pages, self._unfinished = 0, False
            self._thread.submit(self._move)

    def _grown(self, writer: apsw.Connection, name: str, pages: int) -> int:
        """In the commit, by whoever commits just now: how long the WAL is."""
        self._pages = pages
        if pages >= self._most_pages:
            _move(writer, name)
        return int(apsw.SQLITE_OK)

    def _move(self) -> None:
        self._unfinished = not _move(self._db, "main")


def _move(db: apsw.Connection, name: str) -> bool:
    """Whether all is in the file: only then does the WAL begin anew. A commit meanwhile leaves a rest.

    One that fails refuses no commit: what was committed is durable in the WAL, and stays there.
    """
    try:
        there, moved = db.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.Error as error:
        log.warning("checkpoint not done", extra={"reason": type(error).__name__})
        return False
    return bool(moved == there)


def _stretch(path: Path) -> None:
    """Zeros behind the end of the WAL, which SQLite takes for no frame: commits then overwrite them.

    A commit that makes the file longer waits for the file system's journal, and with it for whatever else
    is written just then; one that overwrites takes a half to a third of its time (ext4). A disk that is
    nearly full is spared.
    """
    if shutil.disk_usage(path.parent).free < ROOM_BYTES:
        return
    descriptor = os.open(path.with_name(path.name + "-wal"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        missing = WAL_BYTES - file.seek(0, os.SEEK_END)
        if missing > 0:
            file.write(bytes(missing))
            file.flush()
            os.fsync(descriptor)

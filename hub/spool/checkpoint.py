"""Moves the WAL into the spool's file while nobody waits: inside a commit it would hold ten ACKs or more.

Safe beside a writer from SQLite 3.51.3 on, which ``check_sqlite`` demands. A spool that is never idle
checkpoints inside a commit, once in ``MOST_PAGES`` (64 MiB of WAL).
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import apsw

MOST_PAGES = 16_000
IDLE_SECONDS = 0.25
WORTH_BYTES = 1024 * 1024
log = logging.getLogger(__name__)


class IdleCheckpoint:
    """All methods belong to the loop's thread; the work is done in one of its own."""

    def __init__(self, path: Path) -> None:
        self._wal = path.with_name(path.name + "-wal")
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
        with suppress(FileNotFoundError):  # SQLite removes it when somebody else closed last
            if self._wal.stat().st_size >= WORTH_BYTES:
                self._thread.submit(self._move)

    def _move(self) -> None:
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:  # it all stays in the WAL; a file that is broken breaks the next commit
            log.warning("checkpoint not done", extra={"reason": type(error).__name__})

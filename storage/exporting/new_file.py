"""A file that is there whole, or not at all: written under another name, renamed when it is on disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hub.errors import OperatorError
from storage.archive.writer import LEAST_FREE_BYTES, sync_folder


class NewFile:
    """``with`` it, write to ``file``; without ``finish`` nothing is left behind. Mode 0600.

    ``replace``: a file of that name is overwritten at the end. Raises OperatorError, OSError.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self.path = path
        self.file: IO[bytes]
        self._replace = replace
        self._temporary = path.with_name(f".{path.name}.part")

    def __enter__(self) -> Self:
        if not self.path.parent.is_dir():
            raise OperatorError(f"{self.path.parent}: no such folder")
        self._refuse()
        self._temporary.unlink(missing_ok=True)  # of one that was killed
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.file = os.fdopen(os.open(self._temporary, flags, 0o600), "w+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.file.closed:
            self._temporary.unlink(missing_ok=True)
            self.file.close()

    @contextmanager
    def faults_told(self) -> Iterator[None]:
        """What the disk refuses to take names the file: raises OperatorError."""
        try:
            yield
        except OSError as error:
            raise OperatorError(f"{self.path}: {error.strerror or 'cannot be written'}") from error

    def require_room(self) -> None:
        """Raise OperatorError before the disk is full: a hub beside us needs what is left."""
        if shutil.disk_usage(self.path.parent).free < LEAST_FREE_BYTES:
            raise OperatorError(f"{self.path.parent}: less than 256 MiB free; the export was given up")

    def finish(self) -> int:
        """Everything to disk, and the name it is to have; gives its size in bytes."""
        self.file.flush()
        os.fsync(self.file.fileno())
        size = os.fstat(self.file.fileno()).st_size
        self._refuse()
        self._temporary.rename(self.path)  # not link: memory sticks have no links
        self.file.close()
        sync_folder(self.path.parent)
        return size

    def _refuse(self) -> None:
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
            raise OperatorError(f"{self.path} is no ordinary file")
        if self.path.exists() and not self._replace:
            raise OperatorError(f"{self.path} exists; --force overwrites it")

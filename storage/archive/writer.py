"""Writing a backup: to a temporary name, in blocks, renamed only when it is whole and on disk."""

import os
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from hub.errors import OperatorError
from storage.archive.manifest import MANIFEST, FilePart, Manifest, TablePart, encode_manifest

# zlib's quickest level: a third of the size for JSON bodies, and it keeps up with most disks.
COMPRESSION = 1
# A backup gives up before the disk is full: the hub that writes beside it needs what is left.
LEAST_FREE_BYTES = 256 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
FIRST_ROWS, MOST_ROWS = 16, 4096

Tell = Callable[[int, int], None]  # rows so far, bytes of the file so far
LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode


class ArchiveWriter:
    """``with`` it: without ``finish`` nothing is left behind. Raises OperatorError, OSError."""

    def __init__(self, path: Path, tell: Tell = lambda _rows, _bytes: None) -> None:
        self.path = path
        self.rows = 0
        self._tell = tell
        self._temporary = path.with_name(f".{path.name}.part")
        self._file: IO[bytes] | None = None
        self._zip: zipfile.ZipFile | None = None
        self._finished = False

    def __enter__(self) -> Self:
        if self.path.exists():
            raise OperatorError(f"{self.path} exists; a backup never overwrites one")
        self._temporary.unlink(missing_ok=True)  # of one that was killed
        descriptor = os.open(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._finished:
            with suppress(OSError, ValueError):  # it writes its directory, for which there may be no room
                self._archive.close()
            self._temporary.unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()

    @contextmanager
    def table(self, section: str, name: str, columns: Sequence[str]) -> Iterator["TableWriter"]:
        """Rows of one table; its ``part`` is complete when the block ends."""
        with self._archive.open(f"{section}/{name}.rows", "w", force_zip64=True) as member:
            yield TableWriter(self, member, name, tuple(columns))

    def add_file(self, name: str, content: bytes) -> FilePart:
        self._archive.writestr(f"files/{name}", content)
        return FilePart(name, len(content), sha256(content).hexdigest())

    def finish(self, manifest: Manifest) -> int:
        """The manifest, everything to disk, and the name it is to have; gives its size in bytes."""
        assert self._file is not None
        self._archive.writestr(MANIFEST, encode_manifest(manifest))
        self._archive.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        if self.path.exists():
            raise OperatorError(f"{self.path} exists; a backup never overwrites one")
        self._temporary.rename(self.path)  # not link: memory sticks have no links
        self._finished = True
        sync_folder(self.path.parent)
        return size

    def wrote(self, rows: int) -> None:
        """A block is in the file: tell, and stop before the disk is full."""
        assert self._file is not None
        self.rows += rows
        self._tell(self.rows, self._file.tell())
        if shutil.disk_usage(self.path.parent).free < LEAST_FREE_BYTES:
            raise OperatorError(f"{self.path.parent}: less than 256 MiB free; the backup was given up")

    @property
    def _archive(self) -> zipfile.ZipFile:
        assert self._zip is not None
        return self._zip


class TableWriter:
    """Takes rows of any number; cuts them into blocks of about one MiB."""

    def __init__(
        self, archive: ArchiveWriter, member: IO[bytes], name: str, columns: tuple[str, ...]
    ) -> None:
        self._archive = archive
        self._member = member
        self._digest = sha256()
        self._name = name
        self._columns = columns
        self._rows = 0
        self._bytes = 0
        self.rows_a_block = FIRST_ROWS  # how many rows the next block should have

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """One block; the size of this one decides the number of rows of the next."""
        body = _encode(rows)
        for piece in (LENGTH.pack(len(body)), body):
            self._digest.update(piece)
            self._member.write(piece)
        self._rows += len(rows)
        self._bytes += LENGTH.size + len(body)
        self._adapt(len(body))
        self._archive.wrote(len(rows))

    @property
    def part(self) -> TablePart:
        return TablePart(self._name, self._columns, self._rows, self._bytes, self._digest.hexdigest())

    def _adapt(self, size: int) -> None:
        if size > BLOCK_BYTES:
            self.rows_a_block = max(1, self.rows_a_block // 2)
        elif size < BLOCK_BYTES // 4:
            self.rows_a_block = min(MOST_ROWS, self.rows_a_block * 2)


def sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

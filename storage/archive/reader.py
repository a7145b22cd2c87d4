"""Reading a backup: nothing is believed but what the manifest says and the digests confirm."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from storage.archive.manifest import (
    LARGEST_BLOCK_BYTES,
    LARGEST_MANIFEST_BYTES,
    MANIFEST,
    BadArchive,
    FilePart,
    Manifest,
    TablePart,
    decode_manifest,
)
from storage.archive.writer import LENGTH

LARGEST_FILE_BYTES = 128 * 1024 * 1024  # a list of six million people
# What zipfile and msgspec raise for bytes that are not what was written; OSError: the disk cannot read them.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,  # RecursionError too
)

_decode = msgspec.msgpack.Decoder(list[tuple[Any, ...]]).decode

Block = list[tuple[Any, ...]]


class Archive:
    """An opened backup with its ``manifest``; raises BadArchive, or OSError that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGES as error:
            if isinstance(error, OSError) and error.filename:
                raise
            raise BadArchive(f"{path}: this is not a whole backup of epihub") from error
        self.manifest = self._manifest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def rows(self, section: str, table: TablePart) -> Iterator[Block]:
        """The blocks of a table; BadArchive at the first that is not as it was written."""
        name = f"{section}/{table.name}.rows"
        digest, left, rows = sha256(), table.bytes, 0
        try:
            with self._zip.open(name) as member:
                while left:
                    body = self._block(member, left, name)
                    digest.update(LENGTH.pack(len(body)) + body)
                    left -= LENGTH.size + len(body)
                    block = _decode(body)
                    rows += len(block)
                    yield block
                whole = not member.read(1)
        except (KeyError, *_DAMAGES) as error:
            raise BadArchive(f"{name}: damaged") from error
        if not whole or rows != table.rows or digest.hexdigest() != table.sha256:
            raise BadArchive(f"{name}: not what the manifest says")

    def file(self, part: FilePart) -> bytes:
        """The content of a file."""
        name = f"files/{part.name}"
        if part.bytes > LARGEST_FILE_BYTES:
            raise BadArchive(f"{name}: larger than any file of a backup")
        content = self._read(name, part.bytes)
        if sha256(content).hexdigest() != part.sha256:
            raise BadArchive(f"{name}: not what the manifest says")
        return content

    def _manifest(self) -> Manifest:
        return decode_manifest(self._read(MANIFEST, LARGEST_MANIFEST_BYTES))

    def _read(self, name: str, most: int) -> bytes:
        try:
            with self._zip.open(name) as member:
                return member.read(most)
        except (KeyError, *_DAMAGES) as error:
            raise BadArchive(f"{self.path}: {name} is missing or damaged") from error

    @staticmethod
    def _block(member: IO[bytes], left: int, name: str) -> bytes:
        (length,) = LENGTH.unpack(_exactly(member, LENGTH.size))
        if length > min(LARGEST_BLOCK_BYTES, left - LENGTH.size):
            raise BadArchive(f"{name}: damaged")
        return _exactly(member, length)


def _exactly(member: IO[bytes], size: int) -> bytes:
    found = member.read(size)
    if len(found) != size:
        raise EOFError
    return found

"""A list of people as one file: a line of JSON that says what it is, then its records, searched as they lie.

The file is written beside and renamed, never changed: what is mapped into memory may not shrink. Pages that
were looked at stay in the machine's cache and count as memory of the process, at most the file's size.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import msgspec

from hub.errors import OperatorError
from hub.people.records import NAME_BYTES, RECORD_BYTES
from hub.people.shelves import Shelves

VERSION_DIGITS = 16
MOST_RECORDS = 6_000_000
_HEAD_BYTES = 1024
# Between two blocks the thread that looks through a file lets the event loop run: a block takes 0.3 ms.
_BLOCK_BYTES = 2000 * RECORD_BYTES
_BREATH_SECONDS = 0.0005


class BadList(OperatorError):
    """The file is no list, or was damaged; nothing of it is used."""


class Head(msgspec.Struct, frozen=True):
    """``sha256`` of all records, ``version`` its first digits; ``key``: id of the key of its pseudonyms.

    ``received_ms``: when the hub last said that it is the list (at the hub: when it was made);
    ``expires_ms``: from when on it is not used. Unix ms. None: never, or not known, or several.
    """

    version: str
    count: int
    sha256: str
    received_ms: int
    expires_ms: int | None = None
    key: str | None = None

    @classmethod
    def of(cls, digest: str, count: int, received_ms: int, key: str | None = None) -> "Head":
        return cls(digest[:VERSION_DIGITS], count, digest, received_ms, None, key)

    @property
    def body_bytes(self) -> int:
        return self.count * RECORD_BYTES


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Head).decode


class PeopleFile:
    """An open list; ``find`` takes about a µs. Made by ``opened``."""

    def __init__(self, head: Head, start: int, shelves: Shelves, mapped: mmap) -> None:
        self.head = head
        self._start = start
        self._shelves = shelves
        self._mapped = mapped

    def find(self, name: bytes) -> int | None:
        """What the record of ``name`` holds; None: it is not on the list."""
        first, end = self._shelves.of(name)
        shelf = self._mapped[self._start + first * RECORD_BYTES : self._start + end * RECORD_BYTES]
        at = shelf.find(name)
        while at % RECORD_BYTES and at >= 0:  # across two records: no record of it
            at = shelf.find(name, at + 1)
        return None if at < 0 else int.from_bytes(shelf[at + NAME_BYTES : at + RECORD_BYTES], "big")

    def close(self) -> None:
        self._mapped.close()


def opened(path: Path) -> PeopleFile:
    """Look all of it through, then map it; blocks for some 100 ms a million records.

    Raises BadList, FileNotFoundError, OSError.
    """
    with path.open("rb") as file:
        head = _read_head(file)
        start = file.tell()
        if os.fstat(file.fileno()).st_size != start + head.body_bytes:
            raise BadList("the list is cut")
        shelves = _look_through(file, head)
        return PeopleFile(head, start, shelves, mmap(file.fileno(), 0, access=ACCESS_READ))


def head_of(path: Path) -> Head:
    """Without looking at the records; raises BadList, FileNotFoundError, OSError."""
    with path.open("rb") as file:
        return _read_head(file)


def records_of(path: Path, piece_bytes: int, version: str) -> Iterator[bytes]:
    """The records of ``version`` as they lie, in pieces; raises BadList, OSError."""
    with path.open("rb") as file:
        head = _read_head(file)
        if head.version != version:
            raise BadList("the list is another one now")
        left = head.body_bytes
        while left > 0:
            piece = file.read(min(piece_bytes, left))
            if not piece:
                raise BadList("the list is cut")
            left -= len(piece)
            yield piece


def all_of(path: Path) -> Iterator[tuple[bytes, int]]:
    """Every name with what its record holds; raises BadList, OSError before the first."""
    looked = opened(path)
    looked.close()
    for piece in records_of(path, _BLOCK_BYTES, looked.head.version):
        for at in range(0, len(piece), RECORD_BYTES):
            yield (
                piece[at : at + NAME_BYTES],
                int.from_bytes(piece[at + NAME_BYTES : at + RECORD_BYTES], "big"),
            )


class Draft:
    """A list that is being written beside ``path``; ``put`` gives it that name. Raises OSError."""

    def __init__(self, path: Path, head: Head) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self.fresh = path.with_name(f"{path.name}.new")
        descriptor = os.open(self.fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._file.write(_encode(head) + b"\n")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def finish(self) -> None:
        """All of it to the disk, still under its own name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def put(self) -> None:
        """In one step, durable; what has it mapped keeps what was there."""
        self.fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop(self) -> None:
        """Give it up; may be called after ``put``."""
        with suppress(OSError):  # what could not be written cannot be flushed
            self._file.close()
        self.fresh.unlink(missing_ok=True)


def write_list(path: Path, head: Head, pieces: Iterable[bytes]) -> None:
    """In one step, durable; the folder is made. Raises OSError: what was there is as it was."""
    draft = Draft(path, head)
    try:
        for piece in pieces:
            draft.write(piece)
        draft.finish()
        draft.put()
    finally:
        draft.drop()


def body_head(body: bytes, made_ms: int, key: str | None = None) -> Head:
    """The head of records that are in memory."""
    return Head.of(sha256(body).hexdigest(), len(body) // RECORD_BYTES, made_ms, key)


def _read_head(file: BinaryIO) -> Head:
    line = file.readline(_HEAD_BYTES)
    try:
        head = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadList("this is no list of people") from None
    sound = line.endswith(b"\n") and 0 <= head.count <= MOST_RECORDS
    if not sound or head.version != head.sha256[:VERSION_DIGITS]:
        raise BadList("this is no list of people")
    return head


def _look_through(file: BinaryIO, head: Head) -> Shelves:
    digest, shelves = sha256(), Shelves(head.count)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        if not shelves.take([block[at : at + NAME_BYTES] for at in range(0, len(block), RECORD_BYTES)]):
            raise BadList("the list is not in order")
        time.sleep(_BREATH_SECONDS)
    if digest.hexdigest() != head.sha256:
        raise BadList("the list was damaged")
    return shelves

"""Streams of a compound file ([MS-CFB]), the container of an XLS."""

import struct
from collections.abc import Iterator

from adapters.lab_analyzers.sheets import Unreadable

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MINI_SECTOR_BYTES = 64
_MINI_CUTOFF_BYTES = 4096
_LARGEST_REGULAR = 0xFFFFFFFA  # above it: free, end of chain, tables
_MAX_ENTRIES = 4_096
_STREAM, _ROOT = 2, 5


def has_all_sectors(raw: bytes) -> bool:
    """Whether the sectors that the directory and the workbook name are there."""
    try:
        Compound(raw).stream("Workbook", "Book")
    except Unreadable as error:
        return error.reason != "table.cut_short"
    return True


class Compound:
    """Raises Unreadable, here and in ``stream``."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) < _HEADER_BYTES:
            raise Unreadable("table.cut_short", f"byte {len(raw)}")
        (shift,) = struct.unpack_from("<H", raw, 30)
        if shift not in {9, 12}:
            raise Unreadable("table.unreadable", "header")
        self._raw = raw
        self._sector_bytes = 1 << shift
        self._sectors = len(raw) // self._sector_bytes  # more than there are: the header is no sector
        (directory, _, _, mini, _, extra, _) = struct.unpack_from("<7L", raw, 48)
        self._next = self._table(extra)
        self._mini_start = mini
        self._entries = self._directory(directory)

    def stream(self, *names: str) -> bytes:
        """The bytes of the first stream that is there."""
        if "encryptedpackage" in self._entries:
            raise Unreadable("table.encrypted", "container")
        found = next((self._entries[name] for name in map(str.lower, names) if name in self._entries), None)
        if found is None:
            raise Unreadable("table.unreadable", "container")
        _, start, size = found
        if size > len(self._raw):
            raise Unreadable("table.cut_short", f"byte {len(self._raw)}")
        return self._small(start, size) if size < _MINI_CUTOFF_BYTES else self._chain(start, size)

    def _small(self, start: int, size: int) -> bytes:
        """A short stream: 64-byte sectors inside the root's stream."""
        root = next((entry for entry in self._entries.values() if entry[0] == _ROOT), None)
        if root is None:
            raise Unreadable("table.unreadable", "container")
        store = self._chain(root[1], min(root[2], len(self._raw)))
        table = self._chain(self._mini_start, None)
        follows = struct.unpack(f"<{len(table) // 4}L", table[: len(table) // 4 * 4])
        parts = (
            store[at * _MINI_SECTOR_BYTES : (at + 1) * _MINI_SECTOR_BYTES] for at in _walk(start, follows)
        )
        return _whole(b"".join(parts), size)

    def _chain(self, start: int, size: int | None) -> bytes:
        content = b"".join(self._sector(at) for at in _walk(start, self._next))
        return content if size is None else _whole(content, size)

    def _sector(self, at: int) -> bytes:
        begin = (at + 1) * self._sector_bytes
        if begin >= len(self._raw):
            raise Unreadable("table.cut_short", f"byte {len(self._raw)}")
        return self._raw[begin : begin + self._sector_bytes]

    def _table(self, extra: int) -> tuple[int, ...]:
        """Which sector follows which: the header names 109 sectors of this table, a chain the rest."""
        listed = list(struct.unpack_from("<109L", self._raw, 76))
        names = self._sector_bytes // 4
        for _ in range(self._sectors):
            if extra >= _LARGEST_REGULAR:
                break
            *more, extra = struct.unpack(f"<{names}L", self._sector(extra).ljust(self._sector_bytes, b"\xff"))
            listed += more
        used = [at for at in listed if at < _LARGEST_REGULAR][: self._sectors]
        table = b"".join(self._sector(at).ljust(self._sector_bytes, b"\xff") for at in used)
        return struct.unpack(f"<{len(table) // 4}L", table)

    def _directory(self, start: int) -> dict[str, tuple[int, int, int]]:
        """(kind, first sector, bytes) by name in lower case."""
        content = self._chain(start, None)
        entries: dict[str, tuple[int, int, int]] = {}
        for at in range(0, min(len(content) - _ENTRY_BYTES + 1, _MAX_ENTRIES * _ENTRY_BYTES), _ENTRY_BYTES):
            length, kind = struct.unpack_from("<HB", content, at + 64)
            first, size = struct.unpack_from("<LL", content, at + 116)
            name = content[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
            if kind in {_STREAM, _ROOT}:
                entries.setdefault(name, (kind, first, size))
        return entries


def _walk(start: int, follows: tuple[int, ...]) -> Iterator[int]:
    """A chain of sectors; one that runs in a ring or out of the table is damaged."""
    at, steps = start, 0
    while at < _LARGEST_REGULAR:
        steps += 1
        if at >= len(follows) or steps > len(follows):
            raise Unreadable("table.unreadable", "container")
        yield at
        at = follows[at]


def _whole(content: bytes, size: int) -> bytes:
    if len(content) < size:
        raise Unreadable("table.cut_short", f"byte {len(content)}")
    return content[:size]

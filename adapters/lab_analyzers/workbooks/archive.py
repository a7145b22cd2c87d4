"""The parts of a ZIP container (APPNOTE 6.3), as much of it as workbooks need.

Own, because it must say no to what a ZIP can be: bombs, thousands of entries, methods nobody uses, parts that
were damaged. What is inflated is counted, never believed.
"""

import struct
import zlib
from typing import NamedTuple

from adapters.lab_analyzers.sheets import Unreadable

MAX_ENTRIES = 1_000
MAX_INFLATED_BYTES = 32 * 1024 * 1024  # of all parts that are read
_BEGINNING_BYTES = 1024 * 1024
_END = b"PK\x05\x06"
_END_STRUCT = struct.Struct("<4s4H2LH")
_LOCATOR_STRUCT = struct.Struct("<4sLQL")
_END_64_STRUCT = struct.Struct("<4sQ2H2L4Q")
_ENTRY_STRUCT = struct.Struct("<4s6H3L5H2L")
_LOCAL_STRUCT = struct.Struct("<4s5H3L2H")
_LARGEST_COMMENT = 65_535
_IN_EXTRA, _IN_EXTRA_16 = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED, _STORED, _DEFLATED = 0x1, 0, 8


class _Entry(NamedTuple):
    method: int
    crc: int
    packed_bytes: int
    offset: int


def has_end(raw: bytes) -> bool:
    """Whether the end of the central directory is there: it is written last."""
    return _end(raw) >= 0


def _end(raw: bytes) -> int:
    at = raw.rfind(_END, max(0, len(raw) - _LARGEST_COMMENT - _END_STRUCT.size))
    return at if at + _END_STRUCT.size <= len(raw) else -1


class Archive:
    """Raises Unreadable, here and in ``part``."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._left = MAX_INFLATED_BYTES
        try:
            self._entries = self._directory()
        except struct.error as error:
            raise Unreadable("table.unreadable", "directory") from error

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def part(self, name: str) -> bytes:
        """A part, whole and undamaged; parts are found in any case, as ECMA-376 part 2 asks."""
        entry = self._entries.get(name.lower())
        if entry is None:
            raise Unreadable("table.unreadable", "part")
        content = self._inflated(entry, self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise Unreadable("table.too_many", "bytes")
        if zlib.crc32(content) != entry.crc:
            raise Unreadable("table.unreadable", "checksum")
        return content

    def beginning(self, name: str) -> bytes:
        """The first bytes of a part: enough to look at, and not known to be undamaged."""
        entry = self._entries.get(name.lower())
        return self._inflated(entry, _BEGINNING_BYTES)[:_BEGINNING_BYTES] if entry is not None else b""

    def _directory(self) -> dict[str, _Entry]:
        end = _end(self._raw)
        if end < 0:
            raise Unreadable("table.cut_short", f"byte {len(self._raw)}")
        _, _, _, _, count, _, at, _ = _END_STRUCT.unpack_from(self._raw, end)
        if at == _IN_EXTRA or count == _IN_EXTRA_16:
            signature, _, end_64, _ = _LOCATOR_STRUCT.unpack_from(
                self._raw, max(0, end - _LOCATOR_STRUCT.size)
            )
            if signature != b"PK\x06\x07" or end_64 >= len(self._raw):
                raise Unreadable("table.unreadable", "directory")
            *_, count, _, at = _END_64_STRUCT.unpack_from(self._raw, end_64)
        if count > MAX_ENTRIES:
            raise Unreadable("table.too_many", "parts")
        entries: dict[str, _Entry] = {}
        for _ in range(count):
            at = self._entry(at, entries)
        return entries

    def _entry(self, at: int, entries: dict[str, _Entry]) -> int:
        """Read one entry of the directory; gives where the next one is."""
        if at >= len(self._raw):
            raise Unreadable("table.unreadable", "directory")
        (
            signature,
            _,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            names,
            extras,
            comments,
            _,
            _,
            _,
            offset,
        ) = _ENTRY_STRUCT.unpack_from(self._raw, at)
        if signature != b"PK\x01\x02":
            raise Unreadable("table.unreadable", "directory")
        if flags & _ENCRYPTED:
            raise Unreadable("table.encrypted", "part")
        begin = at + _ENTRY_STRUCT.size
        extra_at = begin + names
        extra = self._raw[extra_at : extra_at + extras]
        _, packed, offset = _large(extra, size, packed, offset)
        name = self._raw[begin:extra_at].decode("utf-8", "replace").replace("\\", "/").lstrip("/").lower()
        entries[name] = _Entry(method, crc, packed, offset)
        return int(extra_at + extras + comments)

    def _inflated(self, entry: _Entry, most_bytes: int) -> bytes:
        if entry.offset >= len(self._raw):
            raise Unreadable("table.unreadable", "part")
        try:
            signature, *_, names, extras = _LOCAL_STRUCT.unpack_from(self._raw, entry.offset)
        except struct.error as error:
            raise Unreadable("table.unreadable", "part") from error
        begin = entry.offset + _LOCAL_STRUCT.size + names + extras
        packed = memoryview(self._raw)[begin : begin + entry.packed_bytes]
        if signature != b"PK\x03\x04" or entry.method not in {_STORED, _DEFLATED}:
            raise Unreadable("table.unreadable", "part")
        if entry.method == _STORED:
            return bytes(packed[:most_bytes])
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most_bytes)
        except zlib.error as error:
            raise Unreadable("table.unreadable", "part") from error


def _large(extra: bytes, *sizes: int) -> list[int]:
    """Sizes and offset from the ZIP64 field where they do not fit their own (4.5.3)."""
    found, at = list(sizes), 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            wanted = [index for index, size in enumerate(found) if size == _IN_EXTRA]
            for index, place in zip(wanted, range(0, len(field) - 7, 8), strict=False):
                (found[index],) = struct.unpack_from("<Q", field, place)
            break
        at += 4 + length
    return found

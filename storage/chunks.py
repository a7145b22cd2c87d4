"""Readings of one series in one blob: columns, deltas, zlib. Both dialects store the same bytes.

Layout, little-endian: version u8, rows u32, then one zlib stream (its checksum covers it all) of six
columns in the order of Sample: instants and log numbers as differences, values as a table and its
indices where few differ, quality with a bit for *no value*, lags, extras as lengths and bytes.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise, repeat

DAY_MS = 24 * 3600 * 1000
# 2048 rows are packed or unpacked in about 2 ms; a probe that reports every minute has 1440 a day.
MOST_ROWS = 2048
MOST_EXTRA_BYTES = 1024 * 1024
# Six columns of 8 bytes a row and the extras, of which one alone may be as large as an event (256 KiB).
_MOST_BYTES = MOST_ROWS * 64 + 2 * MOST_EXTRA_BYTES

VERSION = 1
_HEAD = struct.Struct("<BI")
_WIDTHS = ((b"b", 7), (b"h", 15), (b"i", 31), (b"q", 63))
_NO_VALUE = 4  # beside the quality 0..2
_NO_EXTRA = -1
_TABLE, _PLAIN = b"\x01", b"\x00"
_LARGEST_TABLE = 256

# ts, log number, value, quality (index of storage.instants.QUALITIES), lag_ms, extra: a row of `reading`.
Sample = tuple[int, int, float | None, int, int, bytes | None]


class DamagedChunkError(ValueError):
    """These bytes are no chunk of a version that this epihub knows, or were changed."""


def encode(samples: Sequence[Sample]) -> bytes:
    """1 to 2048 samples, oldest first, no instant twice; raises ValueError for anything else."""
    if not 1 <= len(samples) <= MOST_ROWS:
        raise ValueError(f"a chunk has 1 to {MOST_ROWS} readings")
    ts, numbers, values, qualities, lags, extras = zip(*samples, strict=True)
    steps = _differences(ts)
    if len(steps) > 1 and min(steps[1:]) <= 0:
        raise ValueError("readings of a chunk are in order, each instant once")
    marks = bytes(q | (_NO_VALUE if v is None else 0) for q, v in zip(qualities, values, strict=True))
    columns = b"".join(
        (
            _integers(steps),
            _integers(_differences(numbers)),
            _floats([0.0 if value is None else value for value in values]),
            marks,
            _integers(lags),
            _bytes(extras),
        )
    )
    if len(columns) > _MOST_BYTES:
        raise ValueError("too many bytes for a chunk")
    return _HEAD.pack(VERSION, len(samples)) + zlib.compress(columns, 6)


def decode(data: bytes) -> list[Sample]:
    """What ``encode`` was given, bit by bit; raises DamagedChunkError."""
    return _decode(data, _samples)


def measures(data: bytes) -> list[Sample]:
    """The same in half the time, with 0 for log numbers and lags and None for extras."""
    return _decode(data, _measures)


def _decode(data: bytes, read: "Callable[[_Column, int], list[Sample]]") -> list[Sample]:
    try:
        version, rows = _HEAD.unpack_from(data)
        if version != VERSION or not 1 <= rows <= MOST_ROWS:
            raise DamagedChunkError(f"chunk.version: {version}, {rows} rows")
        return read(_Column(_inflate(data[_HEAD.size :])), rows)
    except (struct.error, zlib.error, EOFError, ValueError, OverflowError, IndexError) as error:
        if isinstance(error, DamagedChunkError):
            raise
        raise DamagedChunkError("chunk.damaged") from error


def merge(older: Sequence[Sample], newer: Sequence[Sample]) -> list[Sample]:
    """Both in order; where both have an instant, ``newer`` stands."""
    if older and newer and older[-1][0] < newer[0][0]:
        return [*older, *newer]
    standing = {sample[0]: sample for sample in older}
    standing.update((sample[0], sample) for sample in newer)
    return sorted(standing.values())


def pieces(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Cut into chunks of one UTC day, 2048 readings and 1 MiB of extras at most, of even size."""
    piece: list[Sample] = []
    largest = -(-len(samples) // -(-len(samples) // MOST_ROWS)) if samples else 0
    extra_bytes = 0
    for sample in samples:
        extra_bytes += len(sample[5] or b"")
        full = len(piece) == largest or extra_bytes > MOST_EXTRA_BYTES
        if piece and (full or sample[0] // DAY_MS != piece[0][0] // DAY_MS):
            yield piece
            piece, extra_bytes = [], len(sample[5] or b"")
        piece.append(sample)
    if piece:
        yield piece


def _samples(column: "_Column", rows: int) -> list[Sample]:
    ts = accumulate(column.integers(rows))
    numbers = accumulate(column.integers(rows))
    values, qualities = _values(column, rows)
    lags = column.integers(rows)
    extras = column.blobs(rows)
    column.end()
    return list(zip(ts, numbers, values, qualities, lags, extras, strict=True))


def _measures(column: "_Column", rows: int) -> list[Sample]:
    ts = accumulate(column.integers(rows))
    column.integers(rows)
    values, qualities = _values(column, rows)
    return list(zip(ts, repeat(0), values, qualities, repeat(0), repeat(None)))


def _values(column: "_Column", rows: int) -> tuple[Sequence[float | None], Sequence[int]]:
    floats = column.floats(rows)
    marks = column.take(rows)
    if not any(marks):  # as most are: GOOD, with a value
        return floats, marks
    if max(marks) > (_NO_VALUE | 2):
        raise DamagedChunkError("chunk.damaged")
    values = [None if mark & _NO_VALUE else value for mark, value in zip(marks, floats, strict=True)]
    return values, [mark & 3 for mark in marks]


def _differences(numbers: Sequence[int]) -> list[int]:
    return [numbers[0], *(after - before for before, after in pairwise(numbers))]


def _integers(numbers: Sequence[int]) -> bytes:
    """The first, which is large, apart; the rest in the fewest bytes that hold them all."""
    first, rest = numbers[0], numbers[1:]
    bits = max((-n - 1 if n < 0 else n for n in rest), default=0).bit_length()
    code = next((code for code, width in _WIDTHS if bits <= width), None)
    if code is None:
        raise ValueError("an integer of more than 64 bits")
    return struct.pack("<q", first) + code + _little(array(code.decode(), rest))


def _floats(values: Sequence[float]) -> bytes:
    # By their bits: 0.0 and -0.0 are equal and not the same.
    plain = _little(array("d", values))
    bits = memoryview(plain).cast("q")
    table = {word: index for index, word in enumerate(dict.fromkeys(bits))}
    if len(table) > _LARGEST_TABLE:
        return _PLAIN + plain
    indices = bytes(table[word] for word in bits)
    return _TABLE + struct.pack("<H", len(table)) + array("q", table).tobytes() + indices


def _bytes(extras: Sequence[bytes | None]) -> bytes:
    lengths = [_NO_EXTRA if extra is None else len(extra) for extra in extras]
    return _integers(lengths) + b"".join(extra for extra in extras if extra)


def _little(numbers: "array[int] | array[float]") -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    columns = stream.decompress(data, _MOST_BYTES)
    if not stream.eof or stream.unused_data:
        raise DamagedChunkError("chunk.damaged")
    return columns


class _Column:
    """Reads column after column."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise DamagedChunkError("chunk.damaged")
        self._at += size
        return taken

    def integers(self, rows: int) -> list[int]:
        (first,) = struct.unpack("<q", self.take(8))
        code = self.take(1)
        if all(code != known for known, _ in _WIDTHS):
            raise DamagedChunkError("chunk.damaged")
        return [first, *self._numbers(code.decode(), rows - 1)]

    def floats(self, rows: int) -> Sequence[float]:
        if self.take(1) == _PLAIN:
            return self._numbers("d", rows)
        (size,) = struct.unpack("<H", self.take(2))
        table = self._numbers("d", size)
        return [table[index] for index in self.take(rows)]

    def blobs(self, rows: int) -> list[bytes | None]:
        lengths = self.integers(rows)
        least, most = min(lengths), max(lengths)
        if least < _NO_EXTRA:
            raise DamagedChunkError("chunk.damaged")
        if most == _NO_EXTRA:
            return [None] * rows
        if least == most:  # as most are: the same for all
            data = self.take(most * rows)
            if data == data[:most] * rows:
                return [data[:most]] * rows
            return [data[at : at + most] for at in range(0, most * rows, most)]
        return [None if length == _NO_EXTRA else self.take(length) for length in lengths]

    def end(self) -> None:
        if self._at != len(self._data):
            raise DamagedChunkError("chunk.damaged")

    def _numbers(self, code: str, count: int) -> "list[int] | list[float]":
        numbers = array(code)
        numbers.frombytes(self.take(count * numbers.itemsize))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()

"""XLS as Excel 97 and later write it (BIFF8, [MS-XLS]): the cells of its sheets as text.

Older ones (BIFF5 and before) are refused by name. Formulas are not calculated: their stored results count.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from adapters.lab_analyzers.sheets import (
    MAX_CELL_CHARACTERS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Unreadable,
)
from adapters.lab_analyzers.workbooks.compound import Compound
from adapters.lab_analyzers.workbooks.values import Kind, kind_of, text_of

_BEGIN, _END, _SHEET, _STRINGS, _CONTINUE, _FORMAT, _STYLE = 0x809, 0x0A, 0x85, 0xFC, 0x3C, 0x41E, 0xE0
_DATE_MODE, _PASSWORD = 0x22, 0x2F
_BLANK, _BLANKS, _STRING = 0x201, 0xBE, 0x207
_BIFF8 = 0x600
_PLAIN = (Kind.NUMBER, 0)
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_MAX_SHEETS = 200
_MAX_RECORDS = 2 * MAX_CELLS


class _Record(NamedTuple):
    kind: int
    body: bytes
    at: int


class XlsBook:
    """Raises Unreadable, here and in ``rows``."""

    def __init__(self, raw: bytes) -> None:
        self._stream = Compound(raw).stream("Workbook", "Book")
        self.names: list[str] = []
        self._places: list[int] = []
        self._styles: list[int] = []
        self._codes: dict[int, str] = {}
        self._strings: list[str] = []
        self._from_1904 = False
        self._cells_left = MAX_CELLS
        try:
            self._globals()
        except struct.error as error:
            raise Unreadable("table.unreadable", "workbook") from error
        self._kinds = [kind_of(number, self._codes) for number in self._styles]

    def rows(self, at: int, first: int = 0) -> Sequence[Row]:
        try:
            return self._cells(self._places[at], first)
        except struct.error as error:
            raise Unreadable("table.unreadable", f"sheet {at + 1}") from error

    def _globals(self) -> None:
        records = _records(self._stream, 0)
        first = next(records, None)
        if first is None or first.kind != _BEGIN or struct.unpack_from("<H", first.body)[0] != _BIFF8:
            raise Unreadable("table.unreadable", "version")
        pieces: list[bytes] | None = None
        for record in records:
            if record.kind == _CONTINUE and pieces is not None:
                pieces.append(record.body)
                continue
            if pieces is not None and not self._strings:
                self._strings = _shared_strings(pieces)
            pieces = [record.body] if record.kind == _STRINGS else None
            if record.kind == _END:
                return
            self._global(record)
        raise Unreadable("table.unreadable", "workbook")

    def _global(self, record: _Record) -> None:
        body = record.body
        if record.kind == _PASSWORD:
            raise Unreadable("table.encrypted", "workbook")
        if record.kind == _SHEET and len(self.names) < _MAX_SHEETS:
            place, _, kind, count, flags = struct.unpack_from("<LBBBB", body)
            if kind == 0:  # no chart, no macros
                self._places.append(place)
                self.names.append(_characters(count, flags, body[8:]).strip())
        elif record.kind == _FORMAT:
            number, count, flags = struct.unpack_from("<HHB", body)
            self._codes[number] = _characters(count, flags, body[5:])
        elif record.kind == _STYLE:
            self._styles.append(struct.unpack_from("<H", body, 2)[0])
        elif record.kind == _DATE_MODE:
            self._from_1904 = struct.unpack_from("<H", body)[0] == 1

    def _cells(self, place: int, first: int) -> list[Row]:
        """The rows of a sheet; charts inside it have records of their own, which are passed over."""
        found: dict[int, dict[int, str]] = {}
        depth, waiting = 0, (0, 0)
        for record in _records(self._stream, place):
            depth += (record.kind == _BEGIN) - (record.kind == _END)
            if depth == 0 or (first and len(found) > first):
                break
            read = _CELLS.get(record.kind)
            if depth > 1 or (read is None and record.kind not in {_BLANK, _BLANKS, _STRING}):
                continue
            self._count(1)
            if record.kind == _STRING:  # of the formula before it
                _put(found, *waiting, _long_string(record.body))
            elif read is not None:
                waiting = struct.unpack_from("<HH", record.body)
                for row, column, text in read(self, record.body):
                    _put(found, row, column, text)
        return [Row(number + 1, _line(cells)) for number, cells in sorted(found.items())]

    def _count(self, cells: int) -> None:
        self._cells_left -= cells
        if self._cells_left < 0:
            raise Unreadable("table.too_many", "cells")

    def _number(self, number: float, style: int) -> str:
        kind = self._kinds[style] if style < len(self._kinds) else _PLAIN
        return text_of(number, kind, from_1904=self._from_1904)

    def _shared(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column, _, at = struct.unpack_from("<HHHL", body)
        yield row, column, self._strings[at] if at < len(self._strings) else ""

    def _label(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column = struct.unpack_from("<HH", body)
        yield row, column, _long_string(body[6:])

    def _float(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column, style, number = struct.unpack_from("<HHHd", body)
        yield row, column, self._number(number, style)

    def _packed(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column, style, number = struct.unpack_from("<HHHL", body)
        yield row, column, self._number(_unpacked(number), style)

    def _packed_many(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column = struct.unpack_from("<HH", body)
        self._count(len(body) // 6)
        for index in range((len(body) - 6) // 6):
            style, number = struct.unpack_from("<HL", body, 4 + 6 * index)
            yield row, column + index, self._number(_unpacked(number), style)

    def _truth(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column, _, value, is_error = struct.unpack_from("<HHHBB", body)
        yield row, column, _ERRORS.get(value, "") if is_error else _truth(value)

    def _formula(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        row, column, style, kind, _, value, _, _, _, marker = struct.unpack_from("<HHHBBBBBBH", body)
        if marker != 0xFFFF:
            yield row, column, self._number(struct.unpack_from("<d", body, 6)[0], style)
        elif kind == 1:
            yield row, column, _truth(value)
        elif kind == 2:
            yield row, column, _ERRORS.get(value, "")


_CELLS: dict[int, Callable[[XlsBook, bytes], Iterator[tuple[int, int, str]]]] = {
    0xFD: XlsBook._shared, 0x204: XlsBook._label, 0xD6: XlsBook._label, 0x203: XlsBook._float,
    0x27E: XlsBook._packed, 0xBD: XlsBook._packed_many, 0x205: XlsBook._truth, 0x06: XlsBook._formula,
}  # fmt: skip


def _records(stream: bytes, at: int) -> Iterator[_Record]:
    """The records from ``at`` on; one that goes over the end is damaged."""
    for _ in range(_MAX_RECORDS):
        if at + 4 > len(stream):
            return
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        if len(body) < length:
            raise Unreadable("table.unreadable", f"record at {at}")
        yield _Record(kind, body, at)
        at += 4 + length
    raise Unreadable("table.too_many", "records")


def _put(found: dict[int, dict[int, str]], row: int, column: int, text: str) -> None:
    if text and column < MAX_COLUMNS:
        if row not in found and len(found) >= MAX_ROWS:
            raise Unreadable("table.too_many", "rows")
        found.setdefault(row, {})[column] = text.replace("\x00", "").strip()[:MAX_CELL_CHARACTERS]


def _line(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(max(cells) + 1)]


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"


def _unpacked(packed: int) -> float:
    """An RK number (2.5.122): an integer or the upper half of a double, in hundredths perhaps."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        (number,) = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))
    return number / 100 if packed & 1 else number


def _characters(count: int, flags: int, raw: bytes) -> str:
    """Characters of one byte each, or of two."""
    if flags & 1:
        return raw[: 2 * count].decode("utf-16-le", "replace")
    return raw[:count].decode("latin-1")


def _long_string(raw: bytes) -> str:
    count, flags = struct.unpack_from("<HB", raw)
    return _characters(min(count, MAX_CELL_CHARACTERS), flags, raw[3:])


def _shared_strings(pieces: list[bytes]) -> list[str]:
    """The strings that cells name by number; they run over into CONTINUE records (2.5.293)."""
    count = struct.unpack_from("<L", pieces[0], 4)[0]
    if count > MAX_CELLS:
        raise Unreadable("table.too_many", "texts")
    source = _Pieces(pieces, 8)
    return [source.string() for _ in range(count)]


class _Pieces:
    """Bytes of several records: where characters run over, the next one begins with their width."""

    def __init__(self, pieces: list[bytes], at: int) -> None:
        self._pieces = pieces
        self._piece = 0
        self._at = at

    def string(self) -> str:
        count, flags = struct.unpack("<HB", self._take(3))
        runs = struct.unpack("<H", self._take(2))[0] if flags & 8 else 0
        extra = struct.unpack("<L", self._take(4))[0] if flags & 4 else 0
        text = self._text(count, flags & 1)
        self._take(4 * runs + extra)
        return text[:MAX_CELL_CHARACTERS].replace("\x00", "").strip()

    def _left(self) -> int:
        return len(self._pieces[self._piece]) - self._at

    def _turn(self) -> None:
        self._piece += 1
        self._at = 0
        if self._piece >= len(self._pieces):
            raise Unreadable("table.unreadable", "texts")

    def _take(self, count: int) -> bytes:
        taken = bytearray()
        while count:
            if not self._left():
                self._turn()
            part = self._pieces[self._piece][self._at : self._at + count]
            taken += part
            self._at += len(part)
            count -= len(part)
        return bytes(taken)

    def _text(self, count: int, wide: int) -> str:
        parts: list[str] = []
        while count:
            if not self._left():
                self._turn()
                wide = self._take(1)[0] & 1
            fitting = min(count, self._left() >> wide)
            if not fitting:
                raise Unreadable("table.unreadable", "texts")
            parts.append(_characters(fitting, wide, self._take(fitting << wide)))
            count -= fitting
        return "".join(parts)

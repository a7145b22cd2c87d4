"""Tables as rows of text, whatever file they stand in: CSV, text with sections, or the sheets of a workbook.

All of it is bounded, because any file may have been put into the folder.
"""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from adapters.lab_analyzers.charsets import decode_text

MAX_ROWS = 20_000  # a 384-well plate of eight targets has about 3,000
MAX_COLUMNS = 200
MAX_CELLS = 300_000  # read of one file, the empty ones too: under a second of work
MAX_CELL_CHARACTERS = 200

_DELIMITERS = "\t;,"
_SECTION = re.compile(r"\[([A-Za-z0-9 _.-]{1,64})\]", re.ASCII)


class Unreadable(Exception):
    """A table that cannot be had: ``reason`` as the quarantine list names it, ``place`` where."""

    def __init__(self, reason: str, place: str) -> None:
        super().__init__(reason, place)
        self.reason = reason
        self.place = place


class Row(NamedTuple):
    """One row; ``number`` counts from 1 as a person sees it, a number left out is an empty row."""

    number: int
    cells: list[str]


class Book(Protocol):
    """A file of tables. ``names`` are those of its sheets; reading one may raise Unreadable."""

    @property
    def names(self) -> Sequence[str]: ...

    def rows(self, at: int, first: int = 0) -> Sequence[Row]:
        """The rows of a sheet; ``first``: only about so many, 0: all, and more than MAX_ROWS are refused."""
        ...


class TextBook:
    """CSV, or text with tabs or semicolons.

    Its first sheet is the whole; each ``[Name]`` (QuantStudio) begins one more, with the lines above all
    sections before its own. Raises Unreadable.
    """

    def __init__(self, raw: bytes, charset: str) -> None:
        self._rows = _text_rows(decode_text(raw, charset))
        begins = [(at, match[1]) for at, row in enumerate(self._rows) if (match := _section_of(row))]
        ends = [*(at for at, _ in begins), len(self._rows)][1:]
        self.names: Sequence[str] = ["", *(name for _, name in begins)]
        self._parts = [(begin + 1, end) for (begin, _), end in zip(begins, ends, strict=True)]

    def rows(self, at: int, first: int = 0) -> Sequence[Row]:
        if at == 0:
            return self._rows[: first or None]
        begin, end = self._parts[at - 1]
        return self._rows[: self._parts[0][0] - 1] + self._rows[begin:end]


def _section_of(row: Row) -> "re.Match[str] | None":
    return _SECTION.fullmatch(row.cells[0]) if row.cells and not any(row.cells[1:]) else None


def _text_rows(text: str) -> list[Row]:
    if text.count("\n") + text.count("\r") > 2 * MAX_ROWS:
        raise Unreadable("table.too_many", "rows")
    delimiter = max(_DELIMITERS, key=text.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter, strict=False)
    try:
        rows = [
            Row(number, [cell.strip()[:MAX_CELL_CHARACTERS] for cell in cells[:MAX_COLUMNS]])
            for number, cells in enumerate(reader, 1)
        ]
    except csv.Error as error:  # a cell over the limit of the csv module, 128 KiB
        raise Unreadable("table.too_many", "rows") from error
    if len(rows) > MAX_ROWS:
        raise Unreadable("table.too_many", "rows")
    return rows

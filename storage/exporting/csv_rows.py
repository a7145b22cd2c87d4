"""Rows as CSV (RFC 4180): UTF-8 with the mark by which a spreadsheet knows Vietnamese, no formulas."""

import csv
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import IO, Any

from hub.events import format_time
from storage.exporting.columns import Column, Kind, Row
from storage.lab_days import day_of

# A cell that begins so is calculated by spreadsheets, full-width signs too. Where lists are cut at
# semicolons, as in Vietnam, our lines are cut there as well: what follows one begins a cell.
_SIGNS = frozenset("=+-@＝＋－＠")
_ENDS = frozenset(";\t\r\n")
_BLANKS = ("\t", "\r", "\n")
# Where a cell may begin. It takes all that may stand before a sign at once: no text takes long.
_BEGIN = re.compile(r'(?:^|[;\t\r\n])[\s";]*+')


class CsvRows:
    """Writes into ``file``; ``finish`` writes what is left and leaves the file open."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self._text = TextIOWrapper(file, "utf-8-sig", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._cells = [_CELLS[column.kind] for column in columns]
        self._writer.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        cells = self._cells
        self._writer.writerows(
            [None if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
            for row in rows
        )

    def finish(self) -> None:
        self._text.detach()

    def abandon(self) -> None:
        """Let go of the file, which goes: what it does not take any more is not missed."""
        with suppress(OSError, ValueError):
            self._text.detach()


def harmless(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    if text[:1].isalnum() and _ENDS.isdisjoint(text):  # as most are
        return text
    stopped = _BEGIN.sub(_stopped, text)
    return f"'{stopped}" if text.startswith(_BLANKS) else stopped


def _stopped(found: re.Match[str]) -> str:
    follows = found.string[found.end() : found.end() + 1]
    return f"{found[0]}'" if follows in _SIGNS else found[0]


def _truth(value: Any) -> str:
    return "true" if value else "false"


def _day(value: Any) -> str:
    return day_of(value).isoformat()


_CELLS: dict[Kind, Callable[[Any], object]] = {
    Kind.TEXT: harmless,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.TRUTH: _truth,
    Kind.TIME: format_time,
    Kind.DAY: _day,
}

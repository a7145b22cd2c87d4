"""A table from CSV: UTF-8, or UTF-16 as spreadsheets save "Unicode text"; comma, semicolon or tab. Pure."""

import csv
import io
import re

from api.intake_files.table import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    BadTable,
    Cell,
    FormulaCell,
    TableRow,
)

_SIGNED_NUMBER = re.compile(r"[+-][0-9][0-9.,]*\Z")


def read_csv(body: bytes) -> list[TableRow]:
    """Empty lines are left out; raises BadTable."""
    text = _text(body)
    rows: list[TableRow] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            if any(cells):
                rows.append(TableRow(reader.line_num, tuple(_cell(one) for one in cells[:MOST_COLUMNS])))
            if len(cells) > MOST_COLUMNS:
                raise BadTable("intake.too_many_columns")
            if len(rows) > MOST_ROWS + 1:
                raise BadTable("intake.too_many_rows")
    except csv.Error as error:
        raise BadTable("intake.not_csv") from error
    return rows


def _text(body: bytes) -> str:
    """Old spreadsheets save in a code page of the machine: what is guessed wrong is a wrong name."""
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadTable("intake.not_utf8") from error


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _cell(text: str) -> Cell:
    text = text.strip()
    if text.startswith(("=", "@")) or (text[:1] in ("+", "-") and not _SIGNED_NUMBER.match(text)):
        return FormulaCell()
    if len(text) > LONGEST_CELL:
        raise BadTable("intake.cell_too_long")
    return text or None

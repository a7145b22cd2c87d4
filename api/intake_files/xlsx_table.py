"""A table from the first sheet of a workbook: a zip of XML, both bounded before they are read."""

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from api.intake_files.table import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    BadTable,
    Cell,
    FormulaCell,
    TableRow,
)

LARGEST_UNPACKED_BYTES: Final = 24 << 20
MOST_PARTS: Final = 200
_XML: Final = (".xml", ".rels", ".vml")


def read_xlsx(body: bytes) -> list[TableRow]:
    """Empty rows are left out; raises BadTable, ImportError without the extra."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_what_is_too_large(body)
    broken = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, IndexError)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        return _rows(book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1))
    except BadTable:
        raise
    except (*broken, AttributeError, SyntaxError, OSError, EOFError, OverflowError) as error:
        raise BadTable("intake.not_xlsx") from error


def _refuse_what_is_too_large(body: bytes) -> None:
    """By what the parts say of themselves: ``zipfile`` gives no byte beyond it."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            found = parts.infolist()
            if len(found) > MOST_PARTS or sum(one.file_size for one in found) > LARGEST_UNPACKED_BYTES:
                raise BadTable("intake.too_large")
            for one in found:
                if one.filename.endswith(_XML):
                    _refuse_entities(parts.read(one))
    except BadTable:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, RuntimeError, EOFError) as error:
        raise BadTable("intake.not_xlsx") from error
    except NotImplementedError as error:
        raise BadTable("intake.not_xlsx") from error


def _refuse_entities(part: bytes) -> None:
    """An XML that defines entities, or is written so that we cannot see whether it does."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\0" in part:
        raise BadTable("intake.not_xlsx")


def _rows(rows: Iterable[Any]) -> list[TableRow]:
    found: list[TableRow] = []
    for number, cells in enumerate(rows, start=1):
        values = tuple(_cell(one) for one in cells)
        if any(value is not None for value in values):
            found.append(TableRow(number, values))
        if number > MOST_ROWS + 1 and values:
            raise BadTable("intake.too_many_rows")
        if len(values) > MOST_COLUMNS and values[MOST_COLUMNS] is not None:
            raise BadTable("intake.too_many_columns")
    return found


def _cell(cell: Any) -> Cell:
    value = cell.value
    if getattr(cell, "data_type", "n") == "f":
        return FormulaCell()
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise BadTable("intake.cell_too_long")
        return value.strip() or None
    if value is None or isinstance(value, bool | int | float | datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  local, as it is written
    raise BadTable("intake.not_xlsx")

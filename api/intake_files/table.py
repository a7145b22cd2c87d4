"""A table as it came: rows of cells with the numbers that a spreadsheet gives them."""

from datetime import datetime
from typing import Final, NamedTuple

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 300
MOST_ERRORS: Final = 200
LONGEST_CELL: Final = 2000


class FormulaCell(NamedTuple):
    """Stands for a cell that computes: what it shows is nobody's word."""

    text: str = ""


Cell = str | int | float | bool | datetime | FormulaCell | None


class TableRow(NamedTuple):
    """``number`` counts from 1, the headings' row included."""

    number: int
    cells: tuple[Cell, ...]


class BadTable(ValueError):
    """The file as a whole cannot be read; the text is a code."""


class RowError(NamedTuple):
    """What is wrong, and where; ``field``: of the type, or ``column <n>``."""

    row: int
    field: str
    code: str

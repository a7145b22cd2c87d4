"""Tables with a row for each district of a day, and one for what fits none. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import TypeVar

from api.reports.district_names import UNKNOWN_CODE, UNKNOWN_PLACE, district_name, districts
from api.reports.frame.content import Cell, Column, Row, Table
from api.reports.frame.tabular import AsOf
from api.reports.sums import UNKNOWN, latest, summed

T = TypeVar("T")
Cells = tuple[Cell, ...]
TOTAL_CODE = "total"


def shown_districts(as_of: AsOf, only: str | None, found: Collection[str]) -> list[str]:
    """Codes of the rows: one district, or those of the day that are theirs who ask; UNKNOWN_PLACE if found.

    ``found``: those of which something is known. Whoever has single sites has the districts of these.
    """
    mine = as_of.districts
    asked = (
        [only] if only else [code for code in districts(as_of.day) if mine is None or code in {*mine, *found}]
    )
    return [*asked, UNKNOWN_PLACE] if UNKNOWN_PLACE in found else asked


def grouped(items: Iterable[T], of: Callable[[T], str], day: date) -> dict[str, list[T]]:
    """By district; what names none of that day's is under UNKNOWN_PLACE."""
    known = set(districts(day))
    found: dict[str, list[T]] = {}
    for item in items:
        code = of(item)
        found.setdefault(code if code in known else UNKNOWN_PLACE, []).append(item)
    return found


def district_row(code: str, cells: Cells, day: date) -> Row:
    if code == UNKNOWN_PLACE:
        return Row(code, cells, code=UNKNOWN_CODE, district=code)
    return Row(code, cells, district_name(code, day), district=code)


def total_row(rows: Sequence[Row], width: int) -> Row:
    """Each column's sum."""
    return Row("total", summed_rows([row.cells for row in rows], width), code=TOTAL_CODE)


def summed_rows(rows: Sequence[Sequence[Cell]], width: int) -> Cells:
    """Numbers are summed, of days the last one counts, words have no sum."""
    columns = zip(*rows, strict=True) if rows else [()] * width
    return tuple(_total(column) for column in columns)


def _total(column: Sequence[Cell]) -> Cell:
    told = next((cell for cell in column if cell.value is not None), UNKNOWN)
    if isinstance(told.value, str):
        return latest(column) if told.source else UNKNOWN
    return summed(column)


def district_table(
    code: str, columns: Sequence[Column], cells: Callable[[str], Cells], shown: Sequence[str], day: date
) -> Table:
    """All columns add up."""
    rows = tuple(district_row(each, cells(each), day) for each in shown)
    return Table(code, tuple(columns), rows, total_row(rows, len(columns)))

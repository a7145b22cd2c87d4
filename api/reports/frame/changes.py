"""What one telling of a report says otherwise than another, cell by cell. Pure."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from api.reports.frame.content import Cell, Column, Content, Row, Table
from api.reports.frame.words import rows_of

MOST_CHANGES = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """``was`` or ``now`` None: the row was not there, or is no more."""

    table: Table
    row: Row
    column: Column
    was: Cell | None
    now: Cell | None


def changes(before: Content, after: Content) -> list[Change]:
    """In the order of ``after``; what is only in ``before`` comes last."""
    old = {(found[0].code, found[1].key, found[2].code): found for found in _cells(before)}
    told: list[Change] = []
    for table, row, column, cell in _cells(after):
        was = old.pop((table.code, row.key, column.code), None)
        if was is None or _said(was[3]) != _said(cell):
            told.append(Change(table, row, column, was[3] if was else None, cell))
    return told + [Change(*found, None) for found in old.values()]


def _cells(content: Content) -> Iterator[tuple[Table, Row, Column, Cell]]:
    for table in content.tables:
        for row in rows_of(table):
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield table, row, column, cell


def _said(cell: Cell) -> tuple[Any, ...]:
    """More facts behind the same number are no change."""
    return cell.value, cell.source, cell.flag


def change_item(change: Change) -> dict[str, Any]:
    """Ready for JSON."""
    return {
        "table": change.table.code,
        "row": change.row.key,
        "label": change.row.label,
        "column": change.column.code,
        "was": asdict(change.was) if change.was else None,
        "now": asdict(change.now) if change.now else None,
    }

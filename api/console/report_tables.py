"""A report's tables as HTML: every word escaped, signs with their meaning. Pure."""

from html import escape

from api.reports.frame.changes import Change
from api.reports.frame.content import Cell, Column, Row, Table
from api.reports.frame.words import NOTHING, ReportWords

MOST_ROWS = 400
_NUMBERS = ("count", "number", "percent")


def table_html(words: ReportWords, table: Table) -> str:
    """With a caption, and heads for rows and columns."""
    heads = "".join(
        f'<th scope="col"{_side(column)}>{escape(words.column(table, column))}</th>'
        for column in table.columns
    )
    rows = [_row(words, table, row) for row in table.rows[:MOST_ROWS]]
    if table.total is not None:
        rows.append(_row(words, table, table.total, ' class="eh-sum"'))
    left = len(table.rows) - MOST_ROWS
    more = f"<p>{escape(words.say('report.left_out', count=words.say.count(left)))}</p>" if left > 0 else ""
    return (
        f'<div class="eh-report" tabindex="0" role="region" aria-label="{escape(words.table(table))}"><table>'
        f"<caption>{escape(words.table(table))}</caption>"
        f'<thead><tr><th scope="col">{escape(words.head(table))}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{more}</div>"
    )


def change_line(words: ReportWords, change: Change) -> str:
    """Place · what: was → now."""
    was, now = (_told(words, cell, change.column) for cell in (change.was, change.now))
    place, what = words.row(change.table, change.row), words.column(change.table, change.column)
    return f"{words.table(change.table)} · {place} · {what}: {was} → {now}"


def _told(words: ReportWords, cell: Cell | None, column: Column) -> str:
    return NOTHING if cell is None else words.signed(cell, column.kind)


def _row(words: ReportWords, table: Table, row: Row, kind: str = "") -> str:
    cells = "".join(
        f"<td{_side(column)}{_flag(words, cell)}>{escape(words.signed(cell, column.kind))}</td>"
        for column, cell in zip(table.columns, row.cells, strict=True)
    )
    return f'<tr{kind}><th scope="row">{escape(words.row(table, row))}</th>{cells}</tr>'


def _side(column: Column) -> str:
    return ' data-number="1"' if column.kind in _NUMBERS else ""


def _flag(words: ReportWords, cell: Cell) -> str:
    return f' class="eh-flagged" title="{escape(words.flag(cell.flag))}"' if cell.flag else ""

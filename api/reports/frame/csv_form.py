"""A report of tables as CSV: a line a cell, numbers as numbers, words beside their codes."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from api.console.wording import Language, Wording
from api.reports.csv_sheet import table_sheet
from api.reports.frame.content import Table
from api.reports.frame.document import STORE_DIGITS, Copy
from api.reports.frame.words import ReportWords, rows_of

HEAD = ("table", "row", "row_label", "column", "column_label", "value", "source", "events", "flag")
Line = tuple[Any, ...]


def csv_form(copy: Copy, language: Language) -> bytes:
    """First the report itself (table ``report``), then its tables, who is missing, and the notes."""
    words = ReportWords(Wording(language, ZoneInfo(copy.document.timezone)), copy.document.report)
    return table_sheet(HEAD, _lines(copy, words))


def _lines(copy: Copy, words: ReportWords) -> Iterator[Line]:
    content = copy.document.content
    yield from _about(copy, words)
    for table in content.tables:
        yield from _table(table, words)
    if content.completeness is not None:
        yield _told("completeness", "", "expected", content.completeness.expected)
        yield _told("completeness", "", "reported", content.completeness.reported)
        for key, name in content.completeness.missing:
            yield ("completeness", key, name, "missing", "", "", "", "", "")
    for note in content.notes:
        yield _told("notes", note.code, "note", words.note(note))


def _about(copy: Copy, words: ReportWords) -> Iterator[Line]:
    told = copy.document
    yield _told("report", "", "name", told.report, words.title())
    for name, value in sorted(told.query.items()):
        yield _told("report", "", f"query.{name}", " ".join(value) if isinstance(value, list) else value)
    yield _told("report", "", "cutoff", told.cutoff)
    yield _told("report", "", "timezone", told.timezone)
    yield _told("report", "", "revision", copy.revision)
    yield _told("report", "", "up_to", copy.up_to)
    yield _told("report", "", "store", copy.store[:STORE_DIGITS])
    yield _told("report", "", "sha256", copy.sha256)
    yield _told("report", "", "event_count", told.content.event_count)


def _told(table: str, row: str, column: str, value: object, label: str = "") -> Line:
    return (table, row, "", column, label, value, "", "", "")


def _table(table: Table, words: ReportWords) -> Iterator[Line]:
    heads = [(column.code, words.column(table, column)) for column in table.columns]
    for row in rows_of(table):
        label = words.row(table, row)
        for (code, head), cell in zip(heads, row.cells, strict=True):
            source = cell.source or ""
            yield (table.code, row.key, label, code, head, cell.value, source, cell.events, cell.flag)

"""A report of tables as a workbook: a sheet a table, typed cells, no formula. Needs the extra ``xlsx``."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from api.console.wording import Language, Wording, ms_of
from api.reports.frame.content import Cell, Kind, Table
from api.reports.frame.document import STORE_DIGITS, Copy
from api.reports.frame.words import FLAGGED, SIGNS, SUPPRESSED, ReportWords, rows_of

_BOLD = Font(bold=True)
_HEAD = PatternFill("solid", fgColor="E2E8F0")
_WRAP = Alignment(wrap_text=True, vertical="top")
_FORMATS: dict[Kind, str] = {
    "count": "#,##0", "number": "#,##0.###", "percent": '0.00" %"', "date": "dd/mm/yyyy", "text": "@",
}  # fmt: skip
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NO_TITLE = re.compile(r"[\\/*?:\[\]']")
MOST_ROWS = 100_000
_LONGEST_TEXT = 32_000  # a cell of Excel holds 32,767
_LONGEST_TITLE = 31


def xlsx_form(copy: Copy, language: Language) -> bytes:
    """The same bytes each time: dated with the cut-off, the times of its parts too."""
    words = ReportWords(Wording(language, ZoneInfo(copy.document.timezone)), copy.document.report)
    book = Workbook()
    about = book.active
    about.title = words.say("report.frame.about")
    _about(about, copy, words)
    for place, table in enumerate(copy.document.content.tables, 1):
        name = _NO_TITLE.sub(" ", words.table(table))
        _table(book.create_sheet(f"{place}. {name}"[:_LONGEST_TITLE].rstrip()), table, words)
    return _saved(book, datetime.fromtimestamp((ms_of(copy.document.cutoff) or 0) / 1000, UTC))


def _about(sheet: Any, copy: Copy, words: ReportWords) -> None:
    lines = [(words.title(), ""), *words.about(copy)]
    lines += [(words.say("report.frame.store"), copy.store[:STORE_DIGITS]), ("SHA-256", copy.sha256)]
    lines += [("", ""), *words.legend(copy.document.content)]
    lines += [(words.say("report.frame.note"), words.note(note)) for note in copy.document.content.notes]
    if missing := words.missing(copy.document.content):
        lines.append((words.say("report.frame.missing"), missing))
    for at, (name, value) in enumerate(lines, 1):
        _text(sheet.cell(at, 1), name)
        _text(sheet.cell(at, 2), value)
    sheet["A1"].font = _BOLD
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 70


def _table(sheet: Any, table: Table, words: ReportWords) -> None:
    heads = [words.head(table), *(words.column(table, column) for column in table.columns)]
    for at, head in enumerate(heads, 1):
        cell = sheet.cell(1, at)
        _text(cell, head)
        cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, _WRAP
        sheet.column_dimensions[get_column_letter(at)].width = 36 if at == 1 else 15
    rows = rows_of(table)
    for down, row in enumerate(rows[:MOST_ROWS], 2):
        _text(sheet.cell(down, 1), words.row(table, row))
        for across, (column, told) in enumerate(zip(table.columns, row.cells, strict=True), 2):
            _value(sheet.cell(down, across), told, column.kind, words)
        if row is table.total:
            for across in range(1, len(heads) + 1):
                sheet.cell(down, across).font = _BOLD
    if len(rows) > MOST_ROWS:
        left = len(rows) - MOST_ROWS
        _text(sheet.cell(MOST_ROWS + 2, 1), words.say("report.left_out", count=words.say.count(left)))
    sheet.freeze_panes = "B2"


def _value(cell: Any, told: Cell, kind: Kind, words: ReportWords) -> None:
    """A number keeps its type; the sign of its source is in its format."""
    sign = SIGNS.get(told.source or "", "") + (FLAGGED if told.flag else "")
    if told.flag == SUPPRESSED or told.value is None:
        _text(cell, words.value(told, kind))
    elif isinstance(told.value, str) and kind != "date":
        _text(cell, told.value + sign)
    else:
        cell.value = _day(told.value) if isinstance(told.value, str) else told.value
        if cell.data_type in ("s", "f", "e"):
            _text(cell, str(told.value))
            return
        cell.number_format = _FORMATS[kind] + (f'" {sign}"' if sign else "")


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _text(cell: Any, words: str) -> None:
    """Never a formula nor an error, whatever stands in it."""
    cell.value = normalize("NFC", _NO_XML.sub("", words))[:_LONGEST_TEXT]
    if cell.value is not None and cell.data_type != "s":
        cell.data_type = "s"
    if cell.value and cell.value[0] in "=+-@":
        cell.quotePrefix = True


def _saved(book: Workbook, at: datetime) -> bytes:
    """openpyxl would date the file with now."""
    plain = at.replace(tzinfo=None)
    book.properties.creator = "epihub"
    book.properties.created = book.properties.modified = plain
    written = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(written, "w", zipfile.ZIP_STORED)).save()
    out = io.BytesIO()
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(out, "w") as dated:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, plain.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            dated.writestr(info, parts.read(name))
    return out.getvalue()

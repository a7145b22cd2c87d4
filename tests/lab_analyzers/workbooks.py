"""Workbooks for the tests, written by others' libraries or by hand; shares no code with our readers."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import xlwt

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: Mapping[str, Rows], formats: Mapping[str, str] | None = None) -> bytes:
    """``formats``: number formats by cell, of the last sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xls(sheets: Mapping[str, Rows], formats: Mapping[tuple[int, int], str] | None = None) -> bytes:
    """``formats``: number formats by (row, column) from 0, of every sheet."""
    book = xlwt.Workbook(encoding="utf-8")
    styles = {place: xlwt.easyxf(num_format_str=code) for place, code in (formats or {}).items()}
    plain = xlwt.XFStyle()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value, styles.get((at, column), plain))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def archive(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return content.getvalue()


RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def parts(sheet: str, **more: str) -> dict[str, bytes | str]:
    """The parts of a workbook with one sheet, by hand; ``more``: sharedStrings, styles."""
    links = "".join(
        f'<Relationship Id="r{name}" Type="{RELATION}/{name}" Target="/xl/{name}.xml"/>' for name in more
    )
    return {
        "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{RELATION}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{RELATION}"><x:sheets>'
        '<x:sheet name="Results" sheetId="1" r:id="r2"/></x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="r2" Type="{RELATION}/worksheet" '
        f'Target="worksheets/sheet1.xml"/>{links}</Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **{f"xl/{name}.xml": content for name, content in more.items()},
    }


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'

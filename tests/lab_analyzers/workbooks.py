"""Workbooks for the tests, written by others' libraries or by hand; shares no code with our readers."""

import io
import struct
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


def biff(sheets: Mapping[str, Rows]) -> bytes:
    """The stream of an XLS without its container."""
    book = xlwt.Workbook(encoding="utf-8")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    stream: bytes = book.get_biff_data()
    return stream


END, FREE, TABLE, EXTRA = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFC


def compound(stream: bytes, sector_bytes: int = 512, before: int = 0, name: str = "Workbook") -> bytes:
    """A compound file ([MS-CFB]) by hand; ``before``: sectors of nothing in front of the stream.

    A stream below 4,096 bytes stands in 64-byte sectors of the root's stream, as the format wants it.
    """
    small = len(stream) < 4096
    names = sector_bytes // 4
    sectors: list[bytes] = [b"\0" * sector_bytes] * before
    follows: list[int] = [FREE] * before

    def chain(content: bytes) -> int:
        begin = len(sectors)
        parts = [content[at : at + sector_bytes] for at in range(0, len(content), sector_bytes)]
        sectors.extend(part.ljust(sector_bytes, b"\0") for part in parts)
        follows.extend([*range(begin + 1, begin + len(parts)), END])
        return begin

    start, mini_table, root_start = chain(stream), END, END
    if small:
        pieces = -(-len(stream) // 64)
        root_start, start = start, 0
        mini_table = chain(struct.pack(f"<{pieces}L", *range(1, pieces), END))
    root = _entry("Root Entry", 5, root_start, len(stream) if small else 0)
    directory = chain(root + _entry(name, 2, start, len(stream)))
    tables = extras = 0
    while tables * names < len(sectors) + tables + extras or extras * (names - 1) < tables - 109:
        tables += tables * names < len(sectors) + tables + extras
        extras += extras * (names - 1) < tables - 109
    places = list(range(len(sectors), len(sectors) + tables))
    follows += [TABLE] * tables + [EXTRA] * extras
    follows += [FREE] * (tables * names - len(follows))
    sectors += [struct.pack(f"<{names}L", *follows[at : at + names]) for at in range(0, len(follows), names)]
    first_extra = len(sectors)
    for at in range(extras):
        listed = places[109 + at * (names - 1) :][: names - 1]
        listed += [FREE] * (names - 1 - len(listed))
        sectors.append(struct.pack(f"<{names}L", *listed, first_extra + at + 1 if at + 1 < extras else END))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack(
        "<5H6x", 0x3E, 4 if sector_bytes == 4096 else 3, 0xFFFE, sector_bytes.bit_length() - 1, 6
    )
    head += struct.pack("<4L", 0, tables, directory, 0)
    head += struct.pack("<5L", 4096, mini_table, small, first_extra if extras else END, extras)
    head += struct.pack("<109L", *(places + [FREE] * 109)[:109])
    return head.ljust(sector_bytes, b"\0") + b"".join(sectors)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le")
    told = struct.pack("<HBB3L", len(raw) + 2, kind, 1, FREE, FREE, 1 if kind == 5 else FREE)
    return raw.ljust(64, b"\0") + told + b"\0" * 36 + struct.pack("<LQ", start, size)


def zip_64(raw: bytes) -> bytes:
    """The same ZIP with every size and place in its ZIP64 fields, as writers of large files have them."""
    end = raw.rfind(b"PK\x05\x06")
    count, _, at = struct.unpack_from("<HLL", raw, end + 10)
    directory = bytearray()
    begin, read = at, 0
    while read < count:
        head = bytearray(raw[at : at + 46])
        packed, size, names, extras, comments = struct.unpack_from("<LLHHH", head, 20)
        (offset,) = struct.unpack_from("<L", head, 42)
        extra = struct.pack("<HHQQQ", 1, 24, size, packed, offset)
        struct.pack_into("<LLHHH", head, 20, 0xFFFFFFFF, 0xFFFFFFFF, names, len(extra), 0)
        struct.pack_into("<L", head, 42, 0xFFFFFFFF)
        directory += head + raw[at + 46 : at + 46 + names] + extra
        at += 46 + names + extras + comments
        read += 1
    at_end = begin + len(directory)
    end_64 = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), begin)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at_end, 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return raw[:begin] + bytes(directory) + end_64 + locator + last

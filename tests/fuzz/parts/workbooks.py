"""What the readers of workbooks promise of any bytes: bounded rows of text, or one refusal by name."""

import re
from collections.abc import Sequence
from random import Random
from zipfile import ZIP_STORED
from zlib import crc32

from adapters.lab_analyzers.sheets import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS, Unreadable
from adapters.lab_analyzers.workbooks import is_cut_short, open_book
from tests.fuzz.parts.target import require
from tests.lab_analyzers.workbooks import Rows, archive, biff, compound, parts, sheet, xls, xlsx

WORDS = (
    b"<row>", b"</row>", b'<c t="s">', b'<c r="B2" t="inlineStr">', b"<v>", b"</v>", b"<is><t>", b"&#0;",
    b"<!DOCTYPE a>", b"_x0041_", b"1E999", b"\xff\xff\xff\xff", b"\x3c\x00", b"\x00\x00\x00\x80",
    b"PK\x05\x06",
)  # fmt: skip
_STRINGS = "<sst><si><t>zero</t></si><si><r><t>one</t></r><rPh><t>no</t></rPh></si></sst>"
_ROWS: Rows = [["Well", "Sample Name", "CT"], *([f"A{at}", f"DN-{at}", 20 + at / 7] for at in range(9))]


_STYLES = (
    '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)
_LOCAL = re.compile(rb"PK\x03\x04.{18}(.{4})(..)(..)", re.DOTALL)  # unpacked size, lengths of name and extra
_HEADER_BYTES, _CENTRAL_BYTES = 30, 46


def books() -> Sequence[bytes]:
    """Whole ones of others' writers, and one whose parts are not packed, so that a mutation reaches them."""
    loose = archive(parts(markup()[0].decode(), sharedStrings=_STRINGS), ZIP_STORED)
    return (xlsx({"Results": _ROWS}), xls({"Results": _ROWS, "Más": [["ấ", True, 1e9]]}), loose)


def markup() -> Sequence[bytes]:
    """The sheet of a workbook."""
    cells = '<c r="A1" t="s"><v>1</v></c><c t="n"><v>24.5</v></c><c t="inlineStr"><is><t>x</t></is></c>'
    whole = sheet(f'<row r="1">{cells}</row><row r="3">{cells}</row>')
    return (whole.encode(), _STRINGS.encode(), _STYLES.encode())


def check_book(data: bytes) -> None:
    """Of XLSX and XLS; what is refused is refused by a name, at a place."""
    is_cut_short(data)
    try:
        book = open_book(data)
        found = [row for at in range(len(book.names)) for row in book.rows(at)]
    except Unreadable as refused:
        require(refused.reason.startswith("table."), "a refusal has its name")
        require(len(refused.place) < 40, "a place repeats nothing of the file")
        return
    require(len(found) <= MAX_ROWS * max(1, len(book.names)), "rows are bounded")
    require(all(len(row.cells) <= MAX_COLUMNS for row in found), "columns are bounded")
    texts = [cell for row in found for cell in row.cells]
    require(all(len(text) <= MAX_CELL_CHARACTERS for text in texts), "texts are bounded")
    "".join(texts).encode()  # no half of a surrogate pair: it could not be written anywhere


def check_markup(data: bytes) -> None:
    """A sheet of any bytes inside a whole container."""
    shell = parts(markup()[0].decode(), sharedStrings=_STRINGS, styles=_STYLES)
    for name in ("worksheets/sheet1", "sharedStrings", "styles"):
        check_book(archive({**shell, f"xl/{name}.xml": data}, ZIP_STORED))


def check_stream(data: bytes) -> None:
    """The records of an XLS, of any bytes, inside a whole container."""
    check_book(compound(data or b"\0"))


def streams() -> Sequence[bytes]:
    """Records as others write them."""
    return (biff({"Results": _ROWS}), biff({"A": [["x" * 300, 1, 2.5]], "B": _ROWS}))


def mended(random: Random, data: bytes) -> bytes:
    """Parts that are not packed with the checksum that they should have: else nothing gets past it."""
    out = bytearray(data)
    for local in _LOCAL.finditer(data):
        size, names, extras = (int.from_bytes(count, "little") for count in local.groups())
        name_at = local.start() + _HEADER_BYTES
        begin, name = name_at + names + extras, data[name_at : name_at + names]
        central = data.find(name, begin + size) - _CENTRAL_BYTES if name else -1
        if central > 0 and random.random() < 0.9:
            out[central + 16 : central + 20] = crc32(out[begin : begin + size]).to_bytes(4, "little")
    return bytes(out)

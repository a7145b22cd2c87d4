"""XLSX and XLS read as others read them, and what is no workbook, or a trap, refused with its reason."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
import xlrd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.lab_analyzers.sheets import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Unreadable
from adapters.lab_analyzers.workbooks import is_cut_short, is_workbook, open_book
from tests.lab_analyzers import workbooks
from tests.lab_analyzers.workbooks import archive, biff, compound, parts, sheet, xls, xlsx, zip_64

BOTH = pytest.mark.parametrize("write", [xlsx, xls])
Write = Callable[..., bytes]
AT = datetime(2026, 7, 12, 14, 30, 5)  # noqa: DTZ001 - a cell has no zone


def lines(raw: bytes, at: int = 0) -> list[list[str]]:
    return [row.cells for row in open_book(raw).rows(at)]


def refusal(raw: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        open_book(raw).rows(0)
    return caught.value.reason, caught.value.place


@BOTH
def test_sheets_by_name_and_cells_as_text(write: Write) -> None:
    raw = write(
        {"Sample Setup": [["a"]], "Kết quả": [["Well", "CT", None, "ghi chú"], ["A1", 23.456789, None, "ấ"]]}
    )
    book = open_book(raw)
    assert list(book.names) == ["Sample Setup", "Kết quả"]
    assert lines(raw, 1) == [["Well", "CT", "", "ghi chú"], ["A1", "23.456789", "", "ấ"]]


@BOTH
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123, "123"), (123.0, "123"), (-5, "-5"), (0, "0"), (26071200012, "26071200012"),
        (999999999999999, "999999999999999"), (0.1 + 0.2, "0.3"), (23.45, "23.45"), (1e21, "1e+21"),
        (1.5e-7, "1.5e-07"), (536870912, "536870912"), (-536870913, "-536870913"), (12.34, "12.34"),
        ("123.0", "123.0"), ("00123", "00123"), (" trimmed ", "trimmed"), (True, "TRUE"), (False, "FALSE"),
    ],
)  # fmt: skip
def test_numbers_as_a_person_sees_them(write: Write, value: object, text: str) -> None:
    assert lines(write({"s": [["x", value]]}))[0][1] == text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (123, "0000000", "0000123"),
        (AT, "dd/mm/yyyy hh:mm", "2026-07-12 14:30:05"),
        (date(2026, 7, 12), "m/d/yy", "2026-07-12 00:00:00"),
        (46215.5, 'yyyy"-Ngày"', "2026-07-12 12:00:00"),
        (46215.5, '0.0 "mmol/day"', "46215.5"),
        (46215.5, "[Red]0.0", "46215.5"),
        (46215.5, "General", "46215.5"),
        (1.0, "yyyy-mm-dd", "1900-01-01 00:00:00"),
        (-1.0, "yyyy-mm-dd", "-1"),
        (0.5, "0%", "0.5"),
    ],
)
def test_formats_decide_what_is_a_time(value: Any, code: str, text: str) -> None:
    assert lines(xlsx({"s": [["x", value]]}, {"B1": code}))[0][1] == text
    assert lines(xls({"s": [["x", value]]}, {(0, 1): code}))[0][1] == text


def test_the_other_epoch() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append([AT])
    content = io.BytesIO()
    book.save(content)
    assert lines(content.getvalue()) == [["2026-07-12 14:30:05"]]


def test_an_empty_row_is_a_number_left_out() -> None:
    for raw in (xlsx({"s": [["a"], [None], ["b"]]}), xls({"s": [["a"], [None], ["b"]]})):
        assert [row.number for row in open_book(raw).rows(0)] == [1, 3]


def test_texts_in_every_way_a_sheet_may_hold_them() -> None:
    cells = (
        '<row r="2"><c r="B2" t="inlineStr"><is><r><t>in</t></r>'
        "<r><t>line</t></r><rPh><t>no</t></rPh></is></c>"
        '<c r="C2" t="str"><f>A1</f><v>formula</v></c>'
        '<c r="D2" t="e"><v>#N/A</v></c><c r="E2" t="s"><v>1</v></c>'
        '<c t="d"><v>2026-07-12T14:30:00</v></c><c t="s"><v>7</v></c><c t="n"><v>x</v></c></row>'
    )
    strings = "<sst><si><t>zero</t></si><si><r><t>r&amp;</t></r><r><t>un_x0041__xD800_</t></r></si></sst>"
    assert trimmed(lines(archive(parts(sheet(cells), sharedStrings=strings)))) == [
        ["", "inline", "formula", "#N/A", "r&unA", "2026-07-12T14:30:00"]
    ]


@BOTH
def test_the_first_rows_alone_cost_no_more(write: Write) -> None:
    book = open_book(write({"s": [[f"row {at}"] for at in range(5_000)]}))
    for _ in range(MAX_CELLS // 1_000):  # the cells of the whole sheet would be too many by now
        assert 10 <= len(book.rows(0, 10)) <= 11
    assert len(book.rows(0)) == 5_000


def test_columns_over_the_most_are_left_out_and_long_texts_cut() -> None:
    for write in (xlsx, xls):
        (row,) = lines(write({"s": [["y" * 500, *range(MAX_COLUMNS + 5)]]}))
        assert (len(row), len(row[0])) == (MAX_COLUMNS, 200)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9).map(lambda number: float(f"{number:.10g}")),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), max_size=40),
)
TABLES = st.lists(st.lists(VALUES, max_size=6), max_size=8)


def as_shown(value: object) -> str:
    """What a cell's value is as text, said in our words."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else f"{value:.15g}"
    assert isinstance(value, str)
    return value


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    found = []
    for row in rows:
        filled = [at for at, text in enumerate(row) if text]
        if filled:
            found.append(row[: filled[-1] + 1])
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_xlsx_is_read_as_openpyxl_reads_it(table: list[list[Any]]) -> None:
    rows = [
        [value if value != "" and not str(value).startswith("=") else None for value in row] for row in table
    ]
    raw = xlsx({"s": rows})
    (theirs,) = openpyxl.load_workbook(io.BytesIO(raw)).worksheets
    shown = [[as_shown(cell) for cell in row] for row in theirs.iter_rows(values_only=True)]
    assert trimmed(lines(raw)) == trimmed(shown)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_xls_is_read_as_xlrd_reads_it(table: list[list[Any]]) -> None:
    raw = xls({"s": table})
    theirs = xlrd.open_workbook(file_contents=raw).sheet_by_index(0)
    shown = [
        [
            str(bool(cell.value)).upper() if cell.ctype == xlrd.XL_CELL_BOOLEAN else as_shown(cell.value)
            for cell in theirs.row(at)
        ]
        for at in range(theirs.nrows)
    ]
    assert trimmed(lines(raw)) == trimmed(shown)


def test_strings_that_run_over_records() -> None:
    """The shared strings of an XLS are cut at 8,224 bytes, also inside a string."""
    texts = [[f"{at:04d}" + ("ă" if at % 3 else "a") * (at % 120)] for at in range(1_500)]
    assert lines(xls({"s": texts})) == texts


@pytest.mark.slow
def test_readers_are_loaded_with_the_first_workbook() -> None:
    code = "import adapters.lab_analyzers.file_drop, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "adapters.lab_analyzers.workbooks" in loaded
    readers = {f"adapters.lab_analyzers.workbooks.{name}" for name in ("xlsx", "xls", "archive", "markup")}
    assert loaded & (readers | {"openpyxl", "xlrd"}) == set()


@BOTH
def test_a_half_written_workbook_is_known_at_every_cut(write: Write) -> None:
    raw = write({"s": [[f"cell {row} {column}" for column in range(20)] for row in range(60)]})
    assert is_workbook(raw)
    assert not is_cut_short(raw)
    for length in range(8, len(raw) - 600, 517):
        assert is_cut_short(raw[:length]), length
        assert refusal(raw[:length])[0] == "table.cut_short"


@BOTH
def test_damage_is_told_and_never_read(write: Write) -> None:
    """A flipped byte in a ZIP is found by its checksum; in an XLS there is none, so it may read otherwise."""
    raw = write({"s": [["SampleID", "Ct"], *([f"DN-{at}", 20 + at / 10] for at in range(40))]})
    whole, told = lines(raw), 0
    for at in range(8, len(raw), 211):
        damaged = bytearray(raw)
        damaged[at] ^= 0x55
        try:
            found = lines(bytes(damaged))
        except Unreadable:
            told += 1
            continue
        assert write is xls or found == whole
    assert told


def test_sizes_in_their_large_fields() -> None:
    raw = zip_64(xlsx({"s": [["SampleID"], ["DN-1"]]}))
    assert openpyxl.load_workbook(io.BytesIO(raw))["s"]["A2"].value == "DN-1"
    assert lines(raw) == [["SampleID"], ["DN-1"]]
    assert not is_cut_short(raw)
    assert refusal(raw.replace(b"PK\x06\x07", b"PK\x06\x09")) == ("table.unreadable", "directory")


def _bomb(inflated: int) -> bytes:
    return archive(parts(sheet(" " * inflated)))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (_bomb(64 * 1024 * 1024), ("table.too_many", "bytes")),
        (archive(parts(sheet("<row/>" * (MAX_CELLS + 1)))), ("table.too_many", "cells")),
        (archive(parts(sheet("<row><c><v>1</v></c></row>" * (MAX_ROWS + 1)))), ("table.too_many", "rows")),
        (archive(parts("<a>" * 1_000)), ("table.too_many", "elements")),
        (archive(parts(sheet(""), sharedStrings="<sst>" + "<si/>" * (MAX_CELLS + 1) + "</sst>")),
         ("table.too_many", "texts")),
        (archive({f"p{at}": b"" for at in range(1_001)}), ("table.too_many", "parts")),
        (archive(parts('<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><worksheet>&c;</worksheet>')),
         ("table.unreadable", "document type")),
        (archive(parts('<!DOCTYPE a SYSTEM "file:///etc/hostname"><worksheet/>')),
         ("table.unreadable", "document type")),
        (archive(parts("<worksheet>")), ("table.unreadable", "markup")),
        (archive(parts("<?xml version='1.0' encoding='no-such'?><a/>")), ("table.unreadable", "markup")),
        (archive(parts(sheet("")), zipfile.ZIP_BZIP2), ("table.unreadable", "part")),
        (archive({"content.xml": "<office/>"}), ("table.unreadable", "part")),
        (b"PK\x03\x04" + b"x" * 40 + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 0, 0, 0),
         ("table.unreadable", "directory")),
        (b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0, 0xFFFFFFFF, 0),
         ("table.unreadable", "directory")),
        (b"PK\x03\x04", ("table.cut_short", "byte 4")),
    ],
    ids=["bomb", "cells", "rows", "depth", "texts", "parts", "entities", "outside", "markup", "encoding",
         "method", "no-workbook", "directory", "directory-64", "begin"],
)  # fmt: skip
def test_traps_in_a_zip_are_refused(raw: bytes, reason: tuple[str, str]) -> None:
    assert refusal(raw) == reason


def test_a_bomb_costs_no_memory() -> None:
    """What is inflated is bounded, whatever the directory says."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join([*(packer.compress(b" " * 1024 * 1024) for _ in range(160)), packer.flush()])
    raw = archive(parts(sheet("x")), zipfile.ZIP_STORED)
    small = sheet("x").encode()
    raw = raw.replace(small, packed)  # sizes in the directory no longer tell the truth
    tracemalloc.start()
    try:
        refusal(raw)
        assert tracemalloc.get_traced_memory()[1] < 50 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_an_encrypted_workbook_is_called_so() -> None:
    raw = bytearray(xlsx({"s": [["a"]]}))
    entry = raw.find(b"PK\x01\x02")
    raw[entry + 8] |= 1
    assert refusal(bytes(raw)) == ("table.encrypted", "part")
    book = bytearray(xls({"s": [["a"]]}))
    at = book.find(struct.pack("<HH", 0x0042, 2))  # CODEPAGE, a record of the same length as none we need
    book[at : at + 2] = struct.pack("<H", 0x002F)
    assert refusal(bytes(book)) == ("table.encrypted", "workbook")


def test_a_workbook_with_a_password_is_a_container_of_another_kind() -> None:
    """Excel puts an encrypted XLSX into a compound file, as the stream EncryptedPackage ([MS-OFFCRYPTO])."""
    raw = bytearray(xls({"s": [["a"]]}))
    name, other = "Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
    at = raw.find(name)
    raw[at : at + len(other)] = other
    struct.pack_into("<H", raw, at + 64, len(other) + 2)
    assert refusal(bytes(raw)) == ("table.encrypted", "container")


def test_an_older_workbook_is_refused_by_its_version() -> None:
    raw = bytearray(xls({"s": [["a"]]}))
    at = raw.find(struct.pack("<HHH", 0x809, 16, 0x600))
    raw[at + 4 : at + 6] = struct.pack("<H", 0x500)
    assert refusal(bytes(raw)) == ("table.unreadable", "version")


@pytest.mark.parametrize("sector_bytes", [512, 4096])
@pytest.mark.parametrize("rows", [3, 400], ids=["in the small store", "in sectors"])
@pytest.mark.parametrize("before", [0, 15_000], ids=["", "with a table of tables"])
def test_containers_of_every_make(sector_bytes: int, rows: int, before: int) -> None:
    """Above 7 MB the header's list of tables is full and goes on elsewhere."""
    before = before if sector_bytes == 512 else before // 8
    table = [[f"cell {at}"] for at in range(rows)]
    stream = biff({"s": table})
    assert (len(stream) < 4096) == (rows == 3)
    raw = compound(stream, sector_bytes, before)
    assert lines(raw) == table
    if sector_bytes == 512:  # xlrd takes no others
        assert xlrd.open_workbook(file_contents=raw).sheet_by_index(0).nrows == rows
    assert not is_cut_short(raw)
    assert is_cut_short(raw[: len(raw) // 2])


def test_a_chain_of_sectors_in_a_ring_ends() -> None:
    raw = bytearray(xls({"s": [[f"cell {at}"] for at in range(600)]}))
    (table,) = struct.unpack_from("<L", raw, 76)
    begin = (table + 1) * 512
    for at in range(100):
        struct.pack_into("<L", raw, begin + 4 * at, at)
    assert refusal(bytes(raw))[0] == "table.unreadable"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.sampled_from([0, 30, 200, 512, 1_100, 2_000, -700, -200]), st.booleans())
def test_any_bytes_are_read_or_refused(garbage: bytes, at: int, as_xls: bool) -> None:
    raw = SMALL[as_xls]
    begin = at if at >= 0 else len(raw) + at
    damaged = raw[:begin] + garbage + raw[begin + len(garbage) :]
    for attempt in (damaged, raw[:8] + garbage):
        is_cut_short(attempt)
        with suppress(Unreadable):
            book = open_book(attempt)
            for sheet_at in range(len(book.names)):
                book.rows(sheet_at)


ROWS: workbooks.Rows = [
    ["SampleID", "Ct", AT, True],
    *([f"DN-{at}", at / 7, time(1, 2), None] for at in range(30)),
]
SMALL = {False: workbooks.xlsx({"s": ROWS}), True: workbooks.xls({"s": ROWS, "t": [["b"]]})}

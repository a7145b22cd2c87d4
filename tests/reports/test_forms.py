"""A report of tables in its four forms: the same numbers, typed, signed, the same bytes each time."""

import csv
import io
import re
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from api.console.wording import LANGUAGES, Language
from api.reports.frame.content import Cell, Column, Completeness, Content, Note, Row, Table
from api.reports.frame.csv_form import csv_form
from api.reports.frame.document import Copy, Document
from api.reports.frame.pdf_form import pdf_form
from api.reports.frame.xlsx_form import xlsx_form

NAMES = {
    "731": "Thành phố Biên Hòa", "732": "Thành phố Long Khánh", "734": "Huyện Tân Phú",
    "735": "Huyện Vĩnh Cửu",
    "736": "Huyện Định Quán", "737": "Huyện Trảng Bom", "738": "Huyện Thống Nhất", "739": "Huyện Cẩm Mỹ",
    "740": "Huyện Long Thành", "741": "Huyện Xuân Lộc", "742": "Huyện Nhơn Trạch",
}  # fmt: skip
COLUMNS = (
    Column("declarations"),
    Column("share", "percent", vi="Tỷ lệ", en="Share"),
    Column("mean", "number", vi="Trung bình", en="Mean"),
    Column("last", "date", vi="Ngày cuối", en="Last day"),
    Column("remark", "text", vi="Ghi chú", en="Remark"),
)


def copy(revision: int | None = 2, name: str = "", **changes: Any) -> Copy:
    rows = [
        Row(
            code,
            (
                Cell(1856 if code == "731" else 7, "imported", 3, people=True),
                Cell(4.0, "derived", 3),
                Cell(None if code == "732" else 3.25, "device", 1),
                Cell("2021-08-04", "manual", 1, flag="identity_broken" if code == "734" else ""),
                Cell(None),
            ),
            name or label,
            district=code,
        )
        for code, label in NAMES.items()
    ]
    total = Row("total", (Cell(4122, "imported", 33, people=True), *(Cell(None),) * 4), code="total")
    missing = (("kcl-07", "Khu cách ly số 7"),)
    told: dict[str, Any] = {
        "tables": (Table("districts", COLUMNS, tuple(rows), total),),
        "event_count": 4122,
        "completeness": Completeness(171, 170, missing),
        "notes": (Note("none_such"),),
    }
    query = {"date": "2021-08-05", "audience": "exact", "district": "731"}
    cutoff = "2021-08-05T17:00:00.000Z"
    document = Document("declarations", 1, query, "Asia/Ho_Chi_Minh", cutoff, Content(**(told | changes)))
    return Copy(document, document.digest(), "0123456789abcdef", 4130, revision)


def words(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def lines(body: bytes) -> dict[tuple[str, str, str], list[str]]:
    read = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    return {(line[0], line[1], line[3]): line for line in read}


def test_the_paper_has_all_districts_signs_and_what_it_is() -> None:
    told = words(pdf_form(copy(), "vi"))
    for part in (
        *NAMES.values(), "1.856‡", "4.122‡", "4,00 %=", "3,25•", "04/08/2021†!", "—", "Tổng cộng",
        "05/08/2021",
        "06/08/2021 00:00", "170 trên 171", "Khu cách ly số 7", "2 (sự kiện thứ 4.130)", "‡ từ hệ thống khác",
        "kho 01234567", copy().sha256, copy().sha256[:12],
    ):  # fmt: skip
        assert part in told, part
    assert "1,856‡" in words(pdf_form(copy(), "en"))
    assert "chưa đăng ký" in words(pdf_form(copy(None), "vi"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_copy_gives_the_same_bytes_dated_with_the_cut_off(language: Language) -> None:
    for form in (csv_form, xlsx_form, pdf_form):
        assert form(copy(), language) == form(copy(), language)
        assert form(copy(3), language) != form(copy(), language)
    book = io.BytesIO(xlsx_form(copy(), language))
    assert {part.date_time for part in zipfile.ZipFile(book).infolist()} == {(2021, 8, 5, 17, 0, 0)}
    core = zipfile.ZipFile(book).read("docProps/core.xml").decode()
    assert re.findall(r"2021-08-05T17:00:00Z", core) == ["2021-08-05T17:00:00Z"] * 2
    created = PdfReader(io.BytesIO(pdf_form(copy(), language))).metadata
    assert created is not None
    assert "20210805170000" in str(created["/CreationDate"])


def test_a_workbook_has_typed_cells_and_the_hash() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_form(copy(), "vi")))
    about, sheet = book.worksheets
    assert (sheet["A2"].value, sheet["B2"].value, sheet["C2"].value) == ("Thành phố Biên Hòa", 1856, 4)
    assert (sheet["B2"].number_format, sheet["C2"].number_format) == ('#,##0" ‡"', '0.00" %"" ="')
    assert sheet["E2"].value.date() == date(2021, 8, 4)
    assert (sheet["D3"].value, sheet["A13"].value, sheet["B13"].value) == ("—", "Tổng cộng", 4122)
    shown = {row[0].value: row[1].value for row in about.iter_rows()}
    assert shown["SHA-256"] == copy().sha256
    assert shown["Chưa báo cáo"] == "Khu cách ly số 7"


def test_the_sheet_has_every_cell_with_its_source() -> None:
    told = lines(csv_form(copy(), "vi"))
    assert told["districts", "731", "declarations"][5:] == ["1856", "imported", "3", ""]
    assert told["districts", "734", "last"][5:] == ["2021-08-04", "manual", "1", "identity_broken"]
    assert told["districts", "732", "mean"][5] == ""
    assert told["report", "", "sha256"][5] == copy().sha256
    assert told["completeness", "kcl-07", "missing"][2] == "Khu cách ly số 7"


@given(
    st.text(max_size=30) | st.sampled_from(["=1+1", "+1", "-2+3", "@SUM(A1)", "#REF!", "\t=1", "<b>&amp;"])
)
def test_no_name_becomes_a_formula(name: str) -> None:
    body = xlsx_form(copy(name="=" + name), "vi")
    (cell,) = openpyxl.load_workbook(io.BytesIO(body)).worksheets[1]["A2:A2"][0]
    assert cell.data_type == "s"
    row = lines(csv_form(copy(name="=" + name), "vi"))["districts", "731", "declarations"]
    assert row[2].startswith("'=")

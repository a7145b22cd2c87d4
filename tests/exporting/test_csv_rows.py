"""CSV: read back by the standard library's reader, and nothing in it that a spreadsheet calculates."""

import csv
import re
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import format_time
from storage.exporting.columns import Row, day, integer, number, text, time, truth
from storage.exporting.csv_rows import CsvRows, harmless

COLUMNS = (text("a", ""), integer("b", ""), number("c", ""), truth("d", ""), time("e", ""), day("f", ""))
MOMENTS = st.integers(-30_610_224_000_000, 253_402_300_799_999)
ROWS = st.tuples(
    st.none() | st.text(), st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False), st.none() | st.booleans(),
    st.none() | MOMENTS, st.none() | st.integers(-300_000, 2_900_000),
)  # fmt: skip
SIGNS = "=+-@＝＋－＠"


def written(*blocks: list[Row]) -> bytes:
    file = BytesIO()
    rows = CsvRows(file, COLUMNS)
    for block in blocks:
        rows.write(block)
    rows.finish()
    return file.getvalue()


def read_back(body: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@given(st.lists(ROWS, max_size=8))
def test_what_is_written_is_read_back(rows: list[Row]) -> None:
    head, *found = read_back(written(rows[:3], rows[3:]))
    assert head == ["a", "b", "c", "d", "e", "f"]
    for row, cells in zip(rows, found, strict=True):
        words, whole, real, true, moment, date = row
        assert cells[0] == harmless(str(words or ""))
        assert (int(cells[1]) if cells[1] else None) == whole
        assert (float(cells[2]) if cells[2] else None) == real
        assert cells[3] == ("" if true is None else "true" if true else "false")
        assert cells[4] == ("" if moment is None else format_time(int(moment)))
        assert bool(cells[5]) == (date is not None)


@given(st.text(st.sampled_from([*SIGNS, *'\t\r\n;," ab1('])))
def test_no_cell_is_a_formula(words: str) -> None:
    """Nor a piece of it, where lines are cut at semicolons."""
    file = BytesIO()
    rows = CsvRows(file, (text("first", ""), text("second", "")))
    rows.write([("x", words)])
    rows.finish()
    for delimiter in ",;":
        cells = [cell for row in read_back(file.getvalue(), delimiter) for cell in row]
        assert not [cell for cell in cells if re.match(rf"\s*[{re.escape(SIGNS)}]", cell)]


@pytest.mark.parametrize(
    "words", ["Bệnh viện Thống Nhất", "temp.vaccine", "a-b", "1+1", "x=1", "Cel", "{copies}/mL", "-"]
)
def test_what_is_no_formula_stays(words: str) -> None:
    assert harmless(words) == (f"'{words}" if words == "-" else words)


def test_numbers_stay_numbers_and_letters_vietnamese() -> None:
    body = written([("Kho vắc xin; tầng 2", -5, -80.25, None, None, 20_000)])
    assert body.startswith(b"\xef\xbb\xbfa,b")
    assert read_back(body)[1] == ["Kho vắc xin; tầng 2", "-5", "-80.25", "", "", "2024-10-04"]


@pytest.mark.parametrize("piece", ["\t", ";", ' "', "\r\n", ";\t"])
def test_a_long_text_takes_no_longer(piece: str) -> None:
    """An event has 256 KiB: what looks again at each place would take minutes, and pytest ends that."""
    words = piece * (256 * 1024 // len(piece))
    assert harmless(f"x;{words}=1") == f"x;{words}'=1"


def test_a_formula_of_a_device_is_only_text() -> None:
    body = written(
        [('=HYPERLINK("http://x";"y")', None, None, None, None, None), ("a;+1", None, None, None, None, None)]
    )
    assert [row[0] for row in read_back(body)[1:]] == ['\'=HYPERLINK("http://x";"y")', "a;'+1"]

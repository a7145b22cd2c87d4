"""The monthly report on paper and as a sheet: every letter, the hash, the same bytes each time."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from api.console.wording import LANGUAGES, Language, Wording
from api.reports.canonical_json import canonical, digest, revision
from api.reports.cold_chain_monthly.csv_file import csv_file
from api.reports.cold_chain_monthly.pdf_file import lasting, pdf_file
from api.reports.csv_sheet import sheet
from tests.reports.months import month

# Every letter that Vietnamese adds, and what our texts use besides.
LETTERS = (
    "ăâđêôơưĂÂĐÊÔƠƯ"
    + "".join(chr(code) for code in range(0x1EA0, 0x1EFA))
    + "àáãèéìíòóõùúýÀÁÃÈÉÌÍÒÓÕÙÚÝĩũĨŨ°·–—−…±"
)


def words(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def rows(body: bytes) -> dict[tuple[str, str, str], str]:
    read = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    return {(line[0], line[1], line[2]): line[3] for line in read}


def test_the_paper_tells_everything_in_vietnamese() -> None:
    told = words(pdf_file(month(), "vi"))
    for part in (
        "Báo cáo tháng 10/2026",
        "Kho vắc xin tỉnh Đồng Nai",
        "01/10/2026 – 31/10/2026",
        "06/11/2026 00:00",
        "99,30 %",
        "4,97 °C",
        "1 giờ 15 phút ở −0,5 °C hoặc lạnh hơn",
        "Đông băng, Nghiêm trọng, Biết muộn",
        "Cách ly (k77aa01bc)",
        "17 phút",
        "59 trên 62",
        "08/10 (chiều); 11/10 (sáng, chiều)",
        "Comirnaty (Pfizer–BioNTech)",
        "quá hạn sau rã đông, bị đông lại",
        "−0,300 K",
        "Đã khóa sổ",
    ):
        assert part in told, part
    assert digest(month()) in told
    assert f"Bản {revision(digest(month()))} · trang 1" in told


def test_the_paper_has_every_vietnamese_letter() -> None:
    unit = month()["unit"] | {
        "site_name": " ".join(LETTERS[at : at + 12] for at in range(0, len(LETTERS), 12))
    }
    told = words(pdf_file(month(unit=unit), "en"))
    assert [letter for letter in LETTERS if letter not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_facts_give_the_same_bytes_also_side_by_side(language: Language) -> None:
    first = pdf_file(month(), language)
    with ThreadPoolExecutor(3) as threads:
        others = list(threads.map(lambda _: pdf_file(month(), language), range(3)))
    assert {first, *others} == {first}
    assert csv_file(month(), language) == csv_file(month(), language)
    assert pdf_file(month(hub="other"), language) != first


def test_an_empty_month_is_a_report_too() -> None:
    empty: dict[str, Any] = {"excursions": [], "incidents": [], "lots": [], "calibrations": []}
    figures = month()["figures"] | dict.fromkeys(
        ("min", "max", "mean", "mean_kinetic", "hottest_window", "inside_percent_of_seen", "freezing_minutes")
    )
    days = [day | {"min": None, "max": None, "gaps": [[0, 1440]]} for day in month()["days"]]
    period = month()["period"] | {"final": False}
    told = words(pdf_file(month(**empty, figures=figures, days=days, period=period), "en"))
    assert "Provisional: the month is not closed" in told
    assert "None in the time that was seen." in told
    assert "does not clear a freeze" not in told


def test_long_tables_are_cut_and_say_so_and_markup_is_words() -> None:
    excursion = month()["excursions"][0]
    many = [excursion | {"degree_hours": float(n)} for n in range(400)]
    unit = month()["unit"] | {"site_name": '<b>Kho</b> & <img src="x">'}
    told = words(pdf_file(month(excursions=many, unit=unit), "en"))
    assert "250 more lines in the CSV." in told
    assert '<b>Kho</b> & <img src="x">' in told
    assert rows(csv_file(month(excursions=many), "en"))["excursions", "400", "degree_hours"] == "399.0"


def test_the_sheet_has_every_figure_and_the_hash() -> None:
    body = csv_file(month(), "vi")
    assert body.startswith(b"\xef\xbb\xbfsection,item,field,value,label\r\n")
    told = rows(body)
    assert told["report", "", "sha256"] == digest(month())
    assert told["figures", "", "hottest_window.mean_kinetic"] == "6.12"
    assert told["days", "2026-10-20", "gaps.1.2"] == "900"
    assert told["incidents", month()["incidents"][0]["id"], "minutes_to_acknowledge"] == "17"
    assert told["checks", "2026-10-08 PM", "missed"] == "true"
    assert told["checks", "2026-10-01 AM", "by"] == "k3fb1c2aa"
    assert told["lots", "FD9234", "clock.flags.2"] == "REFROZEN"
    assert told["excursions", "2", "peak"] == "-0.7"
    labels = {line[4] for line in csv.reader(io.StringIO(body.decode("utf-8-sig")))}
    assert "Độ đầy đủ dữ liệu" in labels
    assert not [label for label in labels if label.startswith("field_")]


def test_a_sheet_never_holds_a_formula() -> None:
    body = sheet([("a", "=1+1", "b", "@cmd", "x"), ("a", "", "n", -5, ""), ("a", "", "e\u0302", None, "")])
    lines = body.decode("utf-8-sig").splitlines()
    assert lines[1:] == ["a,'=1+1,b,'@cmd,x", "a,,n,-5,", "a,,ê,,"]


def test_the_hash_is_of_the_data_in_any_order() -> None:
    assert canonical({"b": 1, "a": "ệ"}) == b'{"a":"\\u1ec7","b":1}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1}) != digest({"a": 2, "b": 1.5})
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_spans_are_told_in_days_hours_and_minutes() -> None:
    say = Wording("en", ZoneInfo("Asia/Ho_Chi_Minh"))
    assert [lasting(minutes, say) for minutes in (0, 59, 60, 1500)] == ["0 min", "59 min", "1 h", "1 d 1 h"]

"""Tables of people become entries; what is wrong is told by line and column and never by its content."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people.import_file import MOST_FAULTS, BadTable, Table
from hub.people.records import PeopleListName, doses_of, name_of, told
from hub.pseudonyms import KeyedPseudonyms

KEYED = KeyedPseudonyms(b"p" * 32, weak=False)
DROPPED = "(a spreadsheet drops a 0 in front)"
FORMS = "2026-11-22T14:30, 2026-11-22, 22/11/2026 14:30, 22/11/2026"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def entries(name: PeopleListName, text: str) -> dict[bytes, int]:
    return Table(name, KEYED.person, ZONE, NOW).entries(text.splitlines(keepends=True))


def person(kind: str, value: str) -> bytes:
    return name_of(KEYED.person(kind, value)) or b""


def faults(name: PeopleListName, text: str) -> list[str]:
    with pytest.raises(BadTable) as refused:
        entries(name, text)
    return [str(fault) for fault in refused.value.faults]


def test_every_id_of_a_row_is_on_the_list() -> None:
    text = (
        "CCCD;bhyt;passport;qid;cmnd\n075199001234;GD4797500000001;c1234567;AB-12;\n;7500000002;;;271234567\n"
    )
    assert entries("watch", text) == {
        person("vnid", "075199001234"): 1,
        person("bhyt", "7500000001"): 1,
        person("passport", "C1234567"): 1,
        person("qid", "AB-12"): 1,
        person("bhyt", "7500000002"): 1,
        person("cmnd", "271234567"): 1,
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T14:30", "2026-11-22T14:30:00+07:00"),
        ("2026-11-22 14:30:05", "2026-11-22T14:30:05+07:00"),
        ("2026-11-22T14:30Z", "2026-11-22T14:30:00+00:00"),
        ("22/11/2026 14:30", "2026-11-22T14:30:00+07:00"),
        ("2/1/2026", "2026-01-02T00:00:00+07:00"),
    ],
)
def test_times_are_of_the_province_where_they_name_no_zone(written: str, meant: str) -> None:
    found = entries("declared", f"vnid,time\n075199001234,{written}\n")
    at_ms = datetime.fromisoformat(meant).timestamp() * 1000
    assert [told("declared", held) for held in found.values()] == [at_ms]


def test_of_several_rows_about_a_person_the_latest_counts() -> None:
    rows = ["2026-11-20", "2026-11-22", "2026-11-21"]
    text = "vnid\ttime\n" + "".join(f"075199001234\t{row}\n" for row in rows)
    assert list(entries("declared", text).values()) == list(
        entries("declared", "vnid,time\n075199001234,2026-11-22\n").values()
    )


def test_doses_and_the_day_of_the_last() -> None:
    found = entries("doses", "vnid,doses,last_dose\n075199001234,2,21/08/2021\n")
    day = datetime(2021, 8, 21, tzinfo=UTC)
    assert [doses_of(held) for held in found.values()] == [(2, day.timestamp() * 1000)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("watch", "", ["line 1: no column of ids: vnid, cmnd, bhyt, passport, qid"]),
        ("watch", "vnid\n75199001234\n", [f"line 2: vnid: 11 digits where 12 are needed {DROPPED}"]),
        ("watch", "vnid\n0751990O1234\n", ["line 2: vnid: 12 digits and nothing else"]),
        ("watch", "vnid,bhyt\n075199001234,1\n", ["line 2: bhyt: ten digits, or two letters and 13 digits"]),
        ("watch", "vnid,qid\n,\n,\n", []),
        ("watch", "vnid,qid\n ,\n", ["line 2: nobody: every id is empty"]),
        ("watch", "vnid\n1,2\n", ["line 2: more cells than there are columns"]),
        ("watch", "vnid,vnid\n", ["line 1: column 2: stands there twice"]),
        ("declared", "vnid\n", ["line 1: the column time is missing"]),
        ("declared", "vnid,time\n075199001234,\n", [f"line 2: time: no time: {FORMS}"]),
        ("declared", "vnid,time\n075199001234,2026-12-01\n", ["line 2: time: lies ahead"]),
        ("declared", "vnid,time\n075199001234,9999-12-31T23:59-12:00\n", ["line 2: time: lies ahead"]),
        ("declared", "vnid,time\n075199001234,0001-01-01\n", ["line 2: time: before 2019"]),
        ("doses", "vnid,doses,last_dose\n075199001234,0,2021-08-21\n", ["line 2: doses: 1 to 20"]),
        ("watch", f"vnid\n{'0' * 65}\n", ["line 2: vnid: over 64 characters"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_by_line_and_column(name: PeopleListName, text: str, told: list[str]) -> None:
    if told:
        assert faults(name, text) == told
    else:
        assert entries(name, text) == {}


def test_a_table_without_a_head_tells_nothing_of_its_first_row() -> None:
    said = faults("watch", "075199001234,Nguyễn Văn Ánh\n075199001235,Trần Thị Bình\n")
    assert said[:2] == [
        "line 1: column 1: is none of vnid, cmnd, bhyt, passport, qid: take it out",
        "line 1: column 2: is none of vnid, cmnd, bhyt, passport, qid: take it out",
    ]


def test_many_mistakes_are_counted() -> None:
    with pytest.raises(BadTable) as refused:
        entries("watch", "vnid\n" + "x\n" * 1000)
    assert (len(refused.value.faults), refused.value.count) == (MOST_FAULTS, 1000)


@given(
    text=st.text(st.characters(codec="utf-8"), max_size=200),
    name=st.sampled_from(["watch", "declared", "doses"]),
)
def test_whatever_the_file_is_it_is_taken_or_refused(text: str, name: PeopleListName) -> None:
    for head in ("", "vnid,time\n", "vnid,doses,last_dose\n", "vnid\n"):
        with suppress(BadTable):
            assert all(value > 0 for value in entries(name, head + text).values())

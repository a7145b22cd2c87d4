"""Which units there were on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.places import DISTRICTS_ENDED, PROVINCE, register

PLAN = date(2021, 8, 5)
LAST_DAY = DISTRICTS_ENDED - timedelta(days=1)
OURS = {
    "731": "Thành phố Biên Hòa",
    "732": "Thành phố Long Khánh",
    "734": "Huyện Tân Phú",
    "735": "Huyện Vĩnh Cửu",
    "736": "Huyện Định Quán",
    "737": "Huyện Trảng Bom",
    "738": "Huyện Thống Nhất",
    "739": "Huyện Cẩm Mỹ",
    "740": "Huyện Long Thành",
    "741": "Huyện Xuân Lộc",
    "742": "Huyện Nhơn Trạch",
}


def test_the_eleven_districts_of_the_plan() -> None:
    assert {unit.code: unit.full_name for unit in register().districts(PLAN)} == OURS


def test_the_communes_of_the_plan() -> None:
    communes = [commune for code in OURS for commune in register().communes(code, PLAN)]
    titles = [commune.title for commune in communes]
    assert len(communes) == 170
    assert {title: titles.count(title) for title in set(titles)} == {"Xã": 121, "Phường": 40, "Thị trấn": 9}


def test_communes_before_and_after_the_merging() -> None:
    counted = [
        sum(len(register().communes(code, day)) for code in OURS) for day in (date(2025, 1, 1), LAST_DAY)
    ]
    assert counted == [159, 159]


@pytest.mark.parametrize(("day", "name"), [(PLAN, "Tân Tiến"), (date(2025, 3, 1), "Tân Mai")])
def test_a_code_that_went_to_another_name(day: date, name: str) -> None:
    found = register().commune("26014", day)
    assert found is not None
    assert found.name == name


def test_districts_ended() -> None:
    assert len(register().districts(LAST_DAY)) == 11
    assert register().districts(DISTRICTS_ENDED) == ()
    assert register().district("731", DISTRICTS_ENDED) is None
    assert len(register().communes(PROVINCE, DISTRICTS_ENDED)) == 95


def test_a_report_keeps_its_eleven_rows_after_districts_ended() -> None:
    assert [unit.code for unit in register().reported_districts(date(2026, 11, 23))] == list(OURS)


def test_a_place_is_a_district_and_the_commune_within_it() -> None:
    place = register().place_of("731", "26014", PLAN)
    assert place is not None
    assert (place.district.name, place.commune and place.commune.name) == ("Biên Hòa", "Tân Tiến")


def test_a_commune_names_its_district() -> None:
    place = register().place_of("", "26014", PLAN)
    assert place is not None
    assert place.district.code == "731"


@pytest.mark.parametrize(
    ("district", "commune"), [("732", "26014"), ("732", "99999"), ("732", ""), ("732", "731")]
)
def test_a_commune_that_is_not_of_the_district_is_left_out(district: str, commune: str) -> None:
    place = register().place_of(district, commune, PLAN)
    assert place is not None
    assert (place.district.code, place.commune) == ("732", None)


@pytest.mark.parametrize(("district", "commune"), [("", ""), ("733", ""), ("760", "26014"), ("26014", "")])
def test_no_place_without_a_district_of_ours(district: str, commune: str) -> None:
    assert register().place_of(district, commune, PLAN) is None


@given(st.dates(date(2019, 1, 1), date(2030, 1, 1)))
def test_no_two_units_have_one_code_on_a_day(day: date) -> None:
    codes = [unit.code for unit in register() if unit.on(day)]
    assert len(codes) == len(set(codes))


@given(st.dates(date(2020, 1, 1), LAST_DAY))
def test_whoever_is_below_has_somebody_above(day: date) -> None:
    orphans = [
        unit
        for unit in register()
        if unit.on(day) and unit.parent and register().unit(unit.parent, day) is None
    ]
    assert orphans == []

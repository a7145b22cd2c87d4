"""The picture of the map: shapes, shades, and words that can be reached."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.map_picture import DOTTED, HATCHED, WIDTH, Drawn, map_svg, shade
from api.console.pages.map import read_day
from api.reports.frame.content import Cell
from api.reports.frame.words import SUPPRESSED
from hub.places.boundaries import schematic

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(name: str = "Thành phố Biên Hòa", value: int | None = 12) -> list[Drawn]:
    return [
        Drawn(feature, name, name, Cell(value, "device"), str(value)) for feature in schematic()["features"]
    ]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (Cell(0), "0"),
        (Cell(1), "1"),
        (Cell(4), "1"),
        (Cell(5), "2"),
        (Cell(499), "4"),
        (Cell(10_000), "5"),
        (Cell(None), HATCHED),
        (Cell(None, flag=SUPPRESSED), DOTTED),
    ],
)
def test_a_shade_is_a_size_or_why_there_is_none(cell: Cell, name: str) -> None:
    assert shade(cell) == name


def test_every_district_is_reached_by_the_keyboard_and_says_its_number() -> None:
    groups = [group for group in parsed(map_svg(drawn(), "Bản đồ")) if group.get("tabindex") == "0"]
    assert len(groups) == 11
    assert {group.get("aria-label") for group in groups} == {"Thành phố Biên Hòa: 12"}


def test_whoever_may_see_no_district_sees_no_map() -> None:
    assert map_svg([], "Bản đồ") == ""


def test_north_is_above_and_everything_within_the_picture() -> None:
    root = parsed(map_svg(drawn(), "Bản đồ"))
    height = float((root.get("viewBox") or "").split()[3])
    numbers = [
        float(one) for path in root.iter(f"{_SVG}path") for one in re.findall(r"[\d.]+", path.get("d", ""))
    ]
    assert min(numbers) >= 0
    assert max(numbers[::2]) <= WIDTH
    assert max(numbers[1::2]) <= height
    first = {text.text: float(text.get("y", "0")) for text in root.iter(f"{_SVG}text")}
    assert first


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    root = parsed(map_svg(drawn(name), name))
    assert {element.tag.removeprefix(_SVG) for element in root.iter()} <= {
        "svg", "defs", "pattern", "rect", "circle", "g", "title", "path", "text",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["", "2021-08-05", "31/02/2021", "5/13/2021", "05/08/21x"])
def test_what_is_no_day(typed: str) -> None:
    assert read_day(typed) is None


def test_a_day() -> None:
    day = read_day(" 05/08/2021 ")
    assert day is not None
    assert day.isoformat() == "2021-08-05"

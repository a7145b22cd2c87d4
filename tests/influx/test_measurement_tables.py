"""docs/projections.md has every measurement, its tags and its fields, and none that is made up."""

import re

import pytest

from storage.influx.measurements import measurements
from tests.documents.pages import read
from tools.tree import ROOT

PAGE = read("docs/projections.md")
WRITTEN = PAGE.section("What is written")
MEASUREMENTS = {each.NAME: each for each in measurements()}


def section(name: str) -> str:
    _, found, rest = WRITTEN.partition(f"\n### `{name}`\n")
    assert found, f"no section {name}"
    return rest.partition("\n### ")[0]


def test_every_measurement_has_its_section_and_none_is_made_up() -> None:
    assert set(re.findall(r"^### `(.+)`$", WRITTEN, re.MULTILINE)) == set(MEASUREMENTS)


@pytest.mark.parametrize("name", sorted(MEASUREMENTS))
def test_the_tags_are_those_that_are_written(name: str) -> None:
    said = re.search(r"Tags: ([^.]+)\.", section(name))
    assert said is not None
    assert tuple(re.findall(r"`(\w+)`", said[1])) == MEASUREMENTS[name].TAGS


@pytest.mark.parametrize("name", sorted(MEASUREMENTS))
def test_the_fields_are_those_that_are_written_with_their_kind(name: str) -> None:
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| \S", section(name), re.MULTILINE)
    assert told == [(field.name, field.kind) for field in MEASUREMENTS[name].FIELDS]


@pytest.mark.parametrize("name", sorted(MEASUREMENTS))
def test_types_of_events_are_named(name: str) -> None:
    assert [each for each in MEASUREMENTS[name].TYPES if f"`{each}`" not in section(name)] == []


def test_every_code_of_an_unwritable_line_is_named() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "storage/influx").rglob("*.py"))
    codes = set(re.findall(r'UnwritableError\("([a-z_.]+)"\)', sources))
    assert codes
    assert [code for code in sorted(codes) if f"`{code}`" not in WRITTEN] == []

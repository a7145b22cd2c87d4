"""Reports as data value sets, before a DHIS2 that holds us to its documented rules."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.feeds.dhis2.answers import Conflict, NotAnswered, read_answer
from api.feeds.dhis2.mapping import DEFAULT, MappingTable, read_mapping
from api.feeds.dhis2.values import encoded, values_of
from api.reports.frame.content import Cell, Column, Content, Row, Table
from hub.errors import ConfigError
from tests.feeds.dhis2_server import Dhis2

DAY = date(2021, 8, 5)
DISTRICTS = {"731": 1856, "732": 148, "735": 572}
MAPPING = read_mapping(DEFAULT)
ALL_ONE = """version = 1
valid_from = 2021-01-01
[[set]]
report = "cases"
table = "levels"
data_set = "D"
org_unit = "P"
columns.n = { element = "E" }
"""


def declared(counts: dict[str, int | None]) -> Content:
    columns = (Column("declarations"), Column("of_day"), Column("with_symptoms"))
    rows = tuple(
        Row(code, (Cell(count, "imported"), Cell(None), Cell(None)), code) for code, count in counts.items()
    )
    return Content((Table("districts", columns, rows),), 1)


def sent_to(server: Dhis2, counts: dict[str, int | None]) -> list[Conflict]:
    conflicts: list[Conflict] = []
    for data_set, values in values_of(MAPPING, "declarations", DAY, declared(counts)).items():
        answer = server.post(encoded(data_set, values))
        conflicts += read_answer(answer, values).conflicts
    return conflicts


def test_the_shipped_mapping_is_read() -> None:
    assert MAPPING.version == 1
    assert [one.report for one in MAPPING.of("declarations", DAY)] == ["declarations"]
    assert MAPPING.of("declarations", date(2020, 3, 31)) == []


def test_a_day_is_one_value_a_cell() -> None:
    server = Dhis2({"VN-75-731", "VN-75-732", "VN-75-735"})
    assert sent_to(server, dict(DISTRICTS)) == []
    assert server.values_of("EPI_DECLARED") == {f"VN-75-{code}": str(n) for code, n in DISTRICTS.items()}


def test_a_value_that_is_no_longer_reported_goes() -> None:
    server = Dhis2({"VN-75-731", "VN-75-732"})
    sent_to(server, {"731": 5, "732": 6})
    sent_to(server, {"731": None, "732": 6})
    assert server.values_of("EPI_DECLARED") == {"VN-75-732": "6"}


def test_a_refused_value_is_told_by_its_cell_and_the_others_are_taken() -> None:
    server = Dhis2({"VN-75-731"})
    assert sent_to(server, {"731": 5, "732": 6})[0] == Conflict("districts/732/declarations", "E7612")
    assert server.values_of("EPI_DECLARED") == {"VN-75-731": "5"}


def test_a_locked_period_refuses_everything() -> None:
    server = Dhis2({"VN-75-731"}, locked={"20210805"})
    assert {conflict.code for conflict in sent_to(server, {"731": 5})} == {"E7641"}


def test_conflicts_of_an_older_version_are_found_by_their_object() -> None:
    values = values_of(MAPPING, "declarations", DAY, declared({"731": 5}))["EPI_DECLARATIONS"]
    old = {"status": "WARNING", "conflicts": [{"object": "VN-75-731", "value": "Must be assigned"}]}
    told = read_answer(json.dumps(old).encode(), values)
    assert told.conflicts[0] == Conflict("districts/731/declarations", "conflict")


@given(st.dictionaries(st.sampled_from(["731", "732", "735"]), st.none() | st.integers(0, 10**6)), st.data())
def test_sending_again_in_any_order_is_the_last_state(
    counts: dict[str, int | None], data: st.DataObject
) -> None:
    server = Dhis2({f"VN-75-{code}" for code in ("731", "732", "735")})
    for _ in range(data.draw(st.integers(1, 3))):
        sent_to(server, counts)
    expected = {f"VN-75-{code}": str(count) for code, count in counts.items() if count is not None}
    assert server.values_of("EPI_DECLARED") == expected


@given(st.binary(max_size=200))
def test_what_is_no_summary_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAnswered, match=r"^dhis2\.no_summary$"):
        read_answer(body, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version = 1", "valid_from: Field required"),
        ("version = ", "Invalid value"),
        (ALL_ONE, "rows need combinations"),
    ],
)
def test_a_mapping_with_a_mistake_says_where(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=told):
        read_mapping(path)


def test_two_sets_of_one_table_are_refused() -> None:
    one = MAPPING.sets[0].model_dump()
    with pytest.raises(ValueError, match="two sets"):
        MappingTable.model_validate({"version": 1, "valid_from": DAY, "set": [one, one]})

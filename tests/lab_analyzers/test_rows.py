"""rows.toml: every feature of an HL7 link has tests that are there."""

import tomllib
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

import pytest

from tests.documents.test_quality import is_there

HERE = PurePosixPath("tests/lab_analyzers")
ROWS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "rows.toml").read_text("utf-8"))
OF_HL7 = [*range(1, 21), *range(29, 36), 37]
TESTS = [(row, node) for row, told in ROWS.items() for node in told["tests"]]


def test_every_row_of_hl7_is_listed() -> None:
    assert [int(row) for row in ROWS] == OF_HL7
    assert all(told["tests"] and told["feature"] for told in ROWS.values())


@pytest.mark.parametrize(("row", "node"), TESTS)
def test_a_test_that_shows_a_row_is_there(row: str, node: str) -> None:
    assert is_there(normpath(str(HERE / node))), f"row {row}"

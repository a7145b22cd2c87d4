"""rows.toml: every feature of a link to an analyzer has tests that are there."""

import tomllib
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

import pytest

from tests.documents.test_quality import is_there

HERE = PurePosixPath("tests/lab_analyzers")
ROWS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "rows.toml").read_text("utf-8"))
ALL = list(range(1, 40))
TESTS = [(row, node) for row, told in ROWS.items() for node in told["tests"]]


def test_every_row_is_listed() -> None:
    assert [int(row) for row in ROWS] == ALL
    assert all(told["tests"] and told["feature"] for told in ROWS.values())


@pytest.mark.parametrize(("row", "node"), TESTS)
def test_a_test_that_shows_a_row_is_there(row: str, node: str) -> None:
    assert is_there(normpath(str(HERE / node))), f"row {row}"

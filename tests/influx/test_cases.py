"""Pages of the log in folders, and their lines; none of them has anything but what may leave the house."""

import pytest

from tests.influx.line_parser import parse
from tests.influx.page_cases import CASES, FOLDER, lines_of_case, said


@pytest.mark.parametrize("name", CASES)
def test_a_page_becomes_these_lines(name: str) -> None:
    found = lines_of_case(name)
    assert said(found) == (FOLDER / name / "lines.txt").read_text("utf-8")
    for line in found.lines:
        parse(line.text)

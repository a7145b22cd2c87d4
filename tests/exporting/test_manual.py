"""docs/export_tables.md says what every table has, and columns of one person are marked."""

import re

import pytest

from storage.exporting.columns import Kind
from storage.exporting.manual import PAGE, manual
from storage.exporting.table import Table
from storage.exporting.tables import tables

# What the documents call pseudonyms, and ids of users.
OF_PERSONS = {"specimen", "order", "person", "visit", "actor", "told", "assigned_to", "subject"}


def test_the_page_is_that_of_the_tables() -> None:
    text = PAGE.read_text("utf-8")
    assert manual(text) == text, "python -m storage.exporting.manual --write"
    with pytest.raises(ValueError, match="no place"):
        manual("# Export")


@pytest.mark.parametrize("table", tables().values(), ids=tables())
def test_columns_are_told(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in (table.name, *names))
    assert all(column.about.strip() for column in table.columns)
    assert table.about.endswith(".")
    times = [column.name for column in table.columns if column.kind in (Kind.TIME, Kind.DAY)]
    assert table.time in ("", *times)


@pytest.mark.parametrize("table", tables().values(), ids=tables())
def test_columns_of_one_person_are_marked(table: Table) -> None:
    assert {column.name for column in table.columns if column.person} == {
        column.name for column in table.columns if column.name in OF_PERSONS
    }
    assert not {column.name for column in table.columns} & {"scan", "body", "note", "address", "key", "reply"}

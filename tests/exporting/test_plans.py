"""How SQLite finds the rows: no index is made in passing, and joins go by those that there are."""

from pathlib import Path

import apsw
import pytest

from storage.exporting.table import SqlTable
from storage.exporting.tables import tables
from storage.sqlite.schema import migrate

QUERIES = {name: table for name, table in tables().items() if isinstance(table, SqlTable)}


def plan_of(table: SqlTable, folder: Path) -> str:
    connection = apsw.Connection(str(folder / "store.db"))
    migrate(connection)
    # As SqliteMoment asks it.
    sql = f"EXPLAIN QUERY PLAN {table.select} {table.order}".replace("= TRUE", "= 1")
    return "\n".join(str(row[3]) for row in connection.execute(sql, {"1": 0, "2": 1}))


@pytest.mark.parametrize("table", QUERIES.values(), ids=QUERIES)
def test_no_index_is_made_in_passing(table: SqlTable, tmp_path: Path) -> None:
    plan = plan_of(table, tmp_path)
    assert "AUTOMATIC" not in plan
    assert "SCAN event\n" not in f"{plan}\n" or table.name == "events"


def test_scans_are_joined_by_their_own_indexes(tmp_path: Path) -> None:
    plan = plan_of(QUERIES["scans"], tmp_path)
    assert "gate_scan_one_current" in plan
    assert "gate_passage_one_current" in plan

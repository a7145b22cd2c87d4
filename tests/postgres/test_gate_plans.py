"""Scans are looked up by their index, also by a plan that was made when the tables were empty."""

import pytest

from storage.postgres.connection import Server, connect_writer
from storage.postgres.gates import STANDING_IN
from storage.postgres.store import PostgresStore

pytestmark = pytest.mark.slow  # a server


@pytest.mark.parametrize("table", STANDING_IN)
async def test_what_stands_for_a_scan_is_found_by_edge_and_scan(either: Server, table: str) -> None:
    store = PostgresStore(either)
    await store.open()
    await store.close()
    connection = await connect_writer(either)
    try:
        asked = STANDING_IN[table].replace("$1", "'{e}'").replace("$2", "'{s}'")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {asked}"))
    finally:
        await connection.close()
    assert f"using {table}_one_current" in plan
    assert "Index Cond: ((edge = key.edge) AND (scan = key.scan))" in plan

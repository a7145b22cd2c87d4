"""How a camera stood is looked up by its index, also by a plan that was made when the tables were empty."""

import re

import pytest

from storage.postgres.connection import Server, connect_writer
from storage.postgres.queries.cameras import PERIODS
from storage.postgres.store import PostgresStore

pytestmark = pytest.mark.slow  # a server


async def test_states_of_a_camera_are_found_by_its_name_and_time(either: Server) -> None:
    store = PostgresStore(either)
    await store.open()
    await store.close()
    connection = await connect_writer(either)
    try:
        asked = PERIODS
        for name, value in (("$1", "'{cam-1}'"), ("$2", "1"), ("$3", "2"), ("$4", "3")):
            asked = asked.replace(name, value)
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {asked}"))
    finally:
        await connection.close()
    assert "Seq Scan" not in plan, plan
    assert "using camera_period_to" in plan, plan
    assert re.search(r"Index Cond: \(\(device = \S+\) AND \(to_ms >= 1\)\)", plan), plan
    assert "using camera_period_pkey" in plan, plan

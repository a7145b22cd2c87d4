"""What is reported is looked up by its key, also by a plan that was made when the tables were empty."""

import pytest

from storage.postgres.connection import Server, connect_writer
from storage.postgres.projections import reported
from storage.postgres.store import PostgresStore

pytestmark = pytest.mark.slow  # a server


async def test_a_fact_and_its_version_are_found_by_their_keys(either: Server) -> None:
    store = PostgresStore(either)
    await store.open()
    await store.close()
    connection = await connect_writer(either)
    try:
        standing = await plan(connection, reported.STANDING, ["'t'", "'{s}'"])
        ended = await plan(connection, reported.END, ["'{1}'", "'{2}'"])
    finally:
        await connection.close()
    assert "using fact_pkey" in standing
    assert "(type = 't'::text) AND (subject = wanted.subject)" in standing
    assert "number = ANY ('{1}'::bigint[])" in ended


async def plan(connection: object, sql: str, values: list[str]) -> str:
    for place, value in enumerate(values, 1):
        sql = sql.replace(f"${place}", value)
    rows = await connection.fetch(f"EXPLAIN {sql}")  # type: ignore[attr-defined]
    return "\n".join(row[0] for row in rows)

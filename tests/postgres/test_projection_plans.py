"""What a projector asks is looked up by indexes, also by a plan that was made when the tables were empty."""

import pytest

from storage.postgres.connection import Server, connect_writer
from storage.postgres.queries import projections, standing
from storage.postgres.store import PostgresStore

pytestmark = pytest.mark.slow  # a server

LARGE = [
    "event",
    "gate_decision",
    "gate_hour",
    "gate_passage",
    "lab_result",
    "reading",
    "reading_chunk",
    "reading_conflict",
    "reading_contested",
]
ASKED = {
    "the end of the log": (projections.ENDS, ("5",)),
    "events": (projections.EVENTS, ("5", "9", "'{a,b}'", "10", "1000")),
    "marks of a page": (projections.CONTESTED, ("5", "9")),
    "gates of a page": (projections.GATES, ("5", "9")),
    "facts of a page": (projections.FACTS, ("5", "9")),
    "linked facts": (projections.LINKED, ("5", "9")),
    "hours of facts": (projections.ANALYZERS, ("'{1,2}'",)),
    "hours of gates": (projections.GATE_HOURS, ("'{a}'", "'{b}'", "'{c}'", "'{d}'", "'{5}'")),
    "hours of analyzers": (projections.ANALYZER_HOURS, ("'{a}'", "'{b}'", "'{5}'")),
    "gates of a day": (projections.GATES_OF_DAY, ("5", "29")),
    "analyzers of a day": (projections.ANALYZERS_OF_DAY, ("5", "9")),
    "the first after": (projections.FIRST_AFTER, ("5",)),
    "hot before": (standing.HOT_BEFORE, ("5",)),
    "packed before": (standing.PACKED_BEFORE, ("5",)),
    "counts of a day": (standing.COUNTS, ("5", "9", "'{1,2}'")),
    "rows of a day": (standing.HOT, ("5", "9", "'{1,2}'")),
    "marks of a day": (standing.CONTESTED, ("5", "9", "'{1,2}'")),
    "claims": (standing.CLAIMED, ("'{1}'", "'{5}'")),
}


async def test_no_large_table_is_read_from_end_to_end(either: Server) -> None:
    store = PostgresStore(either)
    await store.open()
    await store.close()
    connection = await connect_writer(either)
    try:
        for name, (asked, values) in ASKED.items():
            sql = asked
            for place, value in enumerate(values, 1):
                sql = sql.replace(f"${place}", value)
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}"))
            read = [table for table in LARGE if f"Seq Scan on {table} " in plan]
            assert read == [], f"{name}: {plan}"
    finally:
        await connection.close()

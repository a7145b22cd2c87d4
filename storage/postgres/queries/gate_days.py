"""Gates by local day as known up to a number of the log (storage/gate_days.py)."""

from zoneinfo import ZoneInfo

import asyncpg

from storage.gate_days import HourOf, by_day, hours_around
from storage.gate_facts import DecisionRow, GateChange, PassageRow, decided, went
from storage.gates import COUNTED, HOUR_MS
from storage.reporting import GateDayCount

_HOURS = f"""
SELECT hour, site, device, zone, {", ".join(COUNTED)} FROM gate_hour WHERE hour >= $1 AND hour < $2
"""  # noqa: S608  our own column names
_SINCE = """
SELECT {columns} FROM {table} AS known
WHERE known.number > $1 AND known.current AND known.placed_ms >= $2 AND known.placed_ms < $3
"""
# What stands now came later: of the words before it the last in its edge's order stood.
_FORMER = """
SELECT {columns} FROM {table} AS known JOIN event AS own ON own.number = known.number
WHERE known.number <= $1 AND NOT known.current AND known.scan IS NOT NULL
    AND known.placed_ms >= $2 AND known.placed_ms < $3
    AND EXISTS (
        SELECT 1 FROM {table} AS later
        WHERE later.edge = known.edge AND later.scan = known.scan AND later.current AND later.number > $1
    )
    AND NOT EXISTS (
        SELECT 1 FROM {table} AS other JOIN event AS its ON its.number = other.number
        WHERE other.edge = known.edge AND other.scan = known.scan AND NOT other.current
            AND other.number <= $1 AND (its.epoch, its.seq) > (own.epoch, own.seq)
    )
"""
_DECISION = ", ".join(f"known.{name}" for name in DecisionRow._fields)
_PASSAGE = ", ".join(f"known.{name}" for name in PassageRow._fields)
_DECIDED = [
    (sql.format(table="gate_decision", columns=_DECISION), sql is _FORMER) for sql in (_SINCE, _FORMER)
]
_WENT = [(sql.format(table="gate_passage", columns=_PASSAGE), sql is _FORMER) for sql in (_SINCE, _FORMER)]


async def gate_days(
    connection: asyncpg.Connection, from_day: int, to_day: int, up_to: int
) -> list[GateDayCount]:
    """Local days inclusive; by day, site, device and zone."""
    zone = ZoneInfo(await connection.fetchval("SELECT timezone FROM store"))
    first, end = hours_around(from_day, to_day)
    hours = [
        (HourOf(hour, site, device, name), tuple(counts))
        for hour, site, device, name, *counts in await connection.fetch(_HOURS, first, end)
    ]
    changes = await _changes(connection, (up_to, first * HOUR_MS, end * HOUR_MS))
    return by_day(hours, changes, zone, (from_day, to_day))


async def _changes(connection: asyncpg.Connection, window: tuple[int, int, int]) -> list[GateChange]:
    found = []
    for sql, stood in _DECIDED:
        rows = await connection.fetch(sql, *window)
        found += [decided(DecisionRow(*row), 1 if stood else -1) for row in rows]
    for sql, stood in _WENT:
        rows = await connection.fetch(sql, *window)
        found += [went(PassageRow(*row), 1 if stood else -1) for row in rows]
    return found

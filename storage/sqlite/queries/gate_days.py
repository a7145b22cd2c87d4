"""Gates by local day as known up to a number of the log (storage/gate_days.py)."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import apsw

from storage.gate_days import HourOf, by_day, hours_around
from storage.gate_facts import DecisionRow, GateChange, PassageRow, decided, went
from storage.gates import COUNTED, HOUR_MS
from storage.reporting import GateDayCount

_HOURS = f"""
SELECT hour, site, device, zone, {", ".join(COUNTED)} FROM gate_hour WHERE hour >= ? AND hour < ?
"""  # noqa: S608  our own column names
_SINCE = """
SELECT {columns} FROM {table} AS known
WHERE known.number > :up_to AND known.current = 1 AND known.placed_ms >= :from_ms AND known.placed_ms < :to_ms
"""
# What stands now came later: of the words before it the last in its edge's order stood.
_FORMER = """
SELECT {columns} FROM {table} AS known JOIN event AS own ON own.number = known.number
WHERE known.number <= :up_to AND known.current = 0 AND known.scan IS NOT NULL
    AND known.placed_ms >= :from_ms AND known.placed_ms < :to_ms
    AND EXISTS (
        SELECT 1 FROM {table} AS later
        WHERE later.edge = known.edge AND later.scan = known.scan AND later.current = 1
            AND later.number > :up_to
    )
    AND NOT EXISTS (
        SELECT 1 FROM {table} AS other JOIN event AS its ON its.number = other.number
        WHERE other.edge = known.edge AND other.scan = known.scan AND other.current = 0
            AND other.number <= :up_to AND (its.epoch, its.seq) > (own.epoch, own.seq)
    )
"""
_DECISION = ", ".join(f"known.{name}" for name in DecisionRow._fields)
_PASSAGE = ", ".join(f"known.{name}" for name in PassageRow._fields)
_DECIDED = [
    (sql.format(table="gate_decision", columns=_DECISION), sql is _FORMER) for sql in (_SINCE, _FORMER)
]
_WENT = [(sql.format(table="gate_passage", columns=_PASSAGE), sql is _FORMER) for sql in (_SINCE, _FORMER)]


def gate_days(connection: apsw.Connection, from_day: int, to_day: int, up_to: int) -> list[GateDayCount]:
    """Local days inclusive; by day, site, device and zone."""
    zone = ZoneInfo(connection.execute("SELECT timezone FROM store").get)
    first, end = hours_around(from_day, to_day)
    hours = (
        (HourOf(hour, site, device, name), tuple(counts))
        for hour, site, device, name, *counts in connection.execute(_HOURS, (first, end))
    )
    window = {"up_to": up_to, "from_ms": first * HOUR_MS, "to_ms": end * HOUR_MS}
    return by_day(hours, _changes(connection, window), zone, (from_day, to_day))


def _changes(connection: apsw.Connection, window: dict[str, int]) -> Iterator[GateChange]:
    for sql, stood in _DECIDED:
        for row in connection.execute(sql, window):
            yield decided(DecisionRow._make(row), 1 if stood else -1)
    for sql, stood in _WENT:
        for row in connection.execute(sql, window):
            yield went(PassageRow._make(row), 1 if stood else -1)

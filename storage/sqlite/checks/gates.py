"""Gates: every event has its row, one word on each scan stands, and hours are those of the rows."""

from collections.abc import Callable, Iterator
from typing import Any

import apsw

from hub.events import decode_data, decode_event, parse_time
from hub.payloads import GateDecision, Passage, Payload, Scan, ZoneCount
from storage.admission import Stored
from storage.gate_facts import count_row, decision_row, passage_row, scan_row
from storage.sqlite.checks.finding import Finding, Wrongs
from storage.sqlite.gates import gate_differences

ROWS = "dòng cổng / rows of gates"
STANDING = "lượt quét hiện hành / scans that stand"
HOURS = "số đếm cổng theo giờ / counts of gates by the hour"

_EVENTS = """
SELECT event.number, event.body, known.*
FROM event LEFT JOIN {table} AS known ON known.number = event.number WHERE event.type = '{type}'
"""
_LOST = """
SELECT number FROM {table} WHERE NOT EXISTS (
    SELECT 1 FROM event WHERE event.number = {table}.number AND event.type = '{type}'
)
"""
_NOT_ONE = """
SELECT edge, scan FROM {table} WHERE scan IS NOT NULL GROUP BY edge, scan HAVING sum(current) <> 1
"""


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Bodies that cannot be read are found by the check of the log."""
    rows, standing, hours, count = Wrongs(), Wrongs(), Wrongs(), 0
    for table, payload, row_of, skipped in _TABLES:
        named = {"table": table, "type": payload.TYPE}
        for number, body, *found in connection.execute(_EVENTS.format(**named)):
            count += 1
            if tuple(found[skipped:]) != _expected(body, row_of):
                rows.add(f"log number {number}")
        for (number,) in connection.execute(_LOST.format(**named)):
            rows.add(f"{number} without an event")
        if skipped == _WITH_CURRENT:
            for edge, _ in connection.execute(_NOT_ONE.format(**named)):
                standing.add(f"{table} of {edge}")
    for cell in gate_differences(connection):
        hours.add(" ".join(str(part) for part in cell))
    yield rows.finding(ROWS, f"{count}")
    yield standing.finding(STANDING, "one word on each")
    kept = connection.execute("SELECT count(*) FROM gate_hour").get
    yield hours.finding(HOURS, f"{kept} counts")


def _expected(body: bytes, row_of: Callable[[Stored, Any], tuple[Any, ...]]) -> tuple[Any, ...] | None:
    try:
        event = decode_event(body)
        times = parse_time(event.time), parse_time(event.received)
        return tuple(row_of(Stored(0, b"", b"", event, 0, *times, 0), decode_data(event)))
    except ValueError:
        return None


_WITHOUT, _WITH_CURRENT = 1, 2  # columns before those that an event decides: number; and current
_TABLES: tuple[tuple[str, type[Payload], Callable[[Stored, Any], tuple[Any, ...]], int], ...] = (
    ("gate_scan", Scan, scan_row, _WITH_CURRENT),
    ("gate_decision", GateDecision, decision_row, _WITH_CURRENT),
    ("gate_passage", Passage, passage_row, _WITH_CURRENT),
    ("gate_count", ZoneCount, count_row, _WITHOUT),
)

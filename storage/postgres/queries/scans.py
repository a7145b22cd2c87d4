"""Scans of gates with their decision and passage, newest first; openings by hand stand among them."""

import asyncpg

from storage.contract import Page
from storage.cursors import bounded, decode, encode
from storage.gates import ScanFilter
from storage.scan_rows import KIND, LARGEST_PAGE_BYTES, scan_item

# Assembled from these lines only; each filter has its index in (column, time_ms, number) order.
_HEAD = """
SELECT time_ms, number, decided, scanned, went, rows FROM (
    SELECT *, count(*) OVER () AS rows, sum(bytes) OVER (ORDER BY time_ms DESC, number DESC) - bytes AS before
    FROM (
        SELECT decision.time_ms, decision.number, decided.body AS decided, scanned.body AS scanned,
            went.body AS went, octet_length(decided.body) + coalesce(octet_length(scanned.body), 0)
                + coalesce(octet_length(went.body), 0) AS bytes
        FROM gate_decision AS decision
        JOIN event AS decided ON decided.number = decision.number
        LEFT JOIN gate_scan AS scan
            ON scan.edge = decision.edge AND scan.scan = decision.scan AND scan.current
        LEFT JOIN event AS scanned ON scanned.number = scan.number
        LEFT JOIN gate_passage AS passage
            ON passage.edge = decision.edge AND passage.scan = decision.scan AND passage.current
        LEFT JOIN event AS went ON went.number = passage.number
        WHERE decision.current
"""
_FILTERS = {
    "site": "AND decision.site = ",
    "device": "AND decision.device = ",
    "decision": "AND decision.decision = ",
    "from_ms": "AND decision.time_ms >= ",
    "to_ms": "AND decision.time_ms < ",
}
_TAIL = """
        ORDER BY decision.time_ms DESC, decision.number DESC LIMIT $1
    ) AS page
) AS sized
WHERE before <= $2 ORDER BY time_ms DESC, number DESC
"""


async def page_of_scans(
    connection: asyncpg.Connection, wanted: ScanFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``; raises BadCursor."""
    limit = bounded(limit)
    sql, values = _query(wanted, cursor)
    rows = await connection.fetch(sql, limit + 1, LARGEST_PAGE_BYTES, *values)
    items = [scan_item(row["decided"], row["scanned"], row["went"]) for row in rows[:limit]]
    if not rows or rows[0]["rows"] == len(items):
        return Page(items)
    last = rows[len(items) - 1]
    return Page(items, encode(KIND, last["time_ms"], last["number"]))


def _query(wanted: ScanFilter, cursor: str | None) -> tuple[str, list[str | int]]:
    """The statement for a page, and its values from $3 on."""
    lines, values = [_HEAD], []
    for name, line in _FILTERS.items():
        if (value := getattr(wanted, name)) is not None:
            values.append(value.replace("\0", "\uffff") if isinstance(value, str) else value)
            lines.append(f"{line}${len(values) + 2}")
    if cursor is not None:
        values += decode(KIND, cursor, (int, int))
        after_ms, after_number = len(values) + 1, len(values) + 2
        lines.append(f"AND (decision.time_ms, decision.number) < (${after_ms}, ${after_number})")
    return "\n".join([*lines, _TAIL]), values

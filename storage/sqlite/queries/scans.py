"""Scans of gates with their decision and passage, newest first; openings by hand stand among them."""

import apsw

from storage.contract import Page, Row
from storage.cursors import bounded, decode, encode
from storage.gates import ScanFilter
from storage.scan_rows import KIND, LARGEST_PAGE_BYTES, scan_item

# Assembled from these lines only; each filter has its index in (column, time_ms, number) order.
_HEAD = """
SELECT decision.time_ms, decision.number, decided.body, scanned.body, went.body
FROM gate_decision AS decision
JOIN event AS decided ON decided.number = decision.number
LEFT JOIN gate_scan AS scan ON scan.edge = decision.edge AND scan.scan = decision.scan AND scan.current = 1
LEFT JOIN event AS scanned ON scanned.number = scan.number
LEFT JOIN gate_passage AS passage
    ON passage.edge = decision.edge AND passage.scan = decision.scan AND passage.current = 1
LEFT JOIN event AS went ON went.number = passage.number
WHERE decision.current = 1
"""
_FILTERS = {
    "site": "AND decision.site = :site",
    "device": "AND decision.device = :device",
    "decision": "AND decision.decision = :decision",
    "from_ms": "AND decision.time_ms >= :from_ms",
    "to_ms": "AND decision.time_ms < :to_ms",
}
_AFTER = "AND (decision.time_ms, decision.number) < (:after_ms, :after_number)"
_TAIL = "ORDER BY decision.time_ms DESC, decision.number DESC LIMIT :rows"


def page_of_scans(connection: apsw.Connection, wanted: ScanFilter, *, limit: int, cursor: str | None) -> Page:
    """``from_ms`` <= time < ``to_ms``; raises BadCursor."""
    limit = bounded(limit)
    sql, values = _query(wanted, cursor)
    values["rows"] = limit + 1
    items: list[Row] = []
    place, size = (0, 0), 0
    for time_ms, number, *bodies in connection.execute(sql, values):
        if len(items) == limit or size > LARGEST_PAGE_BYTES:
            return Page(items, encode(KIND, *place))
        items.append(scan_item(*bodies))
        place, size = (time_ms, number), size + sum(len(body) for body in bodies if body)
    return Page(items)


def _query(wanted: ScanFilter, cursor: str | None) -> tuple[str, dict[str, str | int]]:
    given = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
    lines = [_HEAD, *(_FILTERS[name] for name in given)]
    if cursor is not None:
        given["after_ms"], given["after_number"] = decode(KIND, cursor, (int, int))
        lines.append(_AFTER)
    return "\n".join([*lines, _TAIL]), given

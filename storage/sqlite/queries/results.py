"""Laboratory results: current versions newest first, and one fact with all its versions."""

from collections.abc import Sequence

import apsw

from hub.identity import id_bytes
from storage.contract import Page, ResultFilter, Row
from storage.cursors import bounded, decode, encode
from storage.rows import keys_of, result_row
from storage.sqlite.families import family_of
from storage.versions import Version, in_order, members, shown

KIND = "results"
# A page ends early at this size, so that a thousand of the largest events cannot fill the memory.
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
MOST_HOPS = 16

# Assembled from these lines only; each filter has its index in (column, time_ms) order.
_HEAD = """
SELECT lab_result.time_ms, lab_result.number, event.body
FROM lab_result JOIN event ON event.number = lab_result.number
WHERE lab_result.current = 1
"""
_FILTERS = {
    "specimen": "AND lab_result.specimen = :specimen",
    "site": "AND lab_result.site = :site",
    "device": "AND lab_result.device = :device",
    "call": "AND lab_result.call = :call",
    "from_ms": "AND lab_result.time_ms >= :from_ms",
    "to_ms": "AND lab_result.time_ms < :to_ms",
}
_AFTER = "AND (lab_result.time_ms, lab_result.number) < (:after_ms, :after_number)"
_TAIL = "ORDER BY lab_result.time_ms DESC, lab_result.number DESC LIMIT :rows"

_FACT = """
SELECT lab_result.fact FROM event JOIN lab_result ON lab_result.number = event.number WHERE event.id = ?
"""
_CURRENT = "SELECT number FROM lab_result WHERE fact = ? AND current = 1"
_ARRIVAL = "SELECT received_ms FROM event WHERE id = ?"
_BODY = "SELECT body FROM event WHERE number = ?"


def page_of_results(
    connection: apsw.Connection, wanted: ResultFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``; raises BadCursor."""
    limit = bounded(limit)
    sql, values = _query(wanted, cursor)
    values["rows"] = limit + 1
    items: list[Row] = []
    place, size = (0, 0), 0
    for time_ms, number, body in connection.execute(sql, values):
        if len(items) == limit or size > LARGEST_PAGE_BYTES:
            return Page(items, encode(KIND, *place))
        items.append(result_row(body, current=True))
        place, size = (time_ms, number), size + len(body)
    return Page(items)


def one_result(connection: apsw.Connection, event_id: str) -> Row | None:
    """The current version of the fact that ``event_id`` is a version of, with ``versions`` oldest first.

    A fact whose versions were all superseded by another fact's is answered by that one; without a
    current version the last one stands in, marked as not current.
    """
    try:
        key = id_bytes(event_id)
    except ValueError:
        return None
    fact = connection.execute(_FACT, (key,)).get
    if fact is None:
        return None
    fact, family = _standing(connection, fact)
    current = connection.execute(_CURRENT, (fact,)).get
    versions = in_order(shown(family, fact), family)
    rows = {version.number: _row(connection, version, current) for version in versions}
    chosen = rows[current] if current is not None else rows[versions[-1].number]
    return {**chosen, "versions": list(rows.values())}


def arrivals(connection: apsw.Connection, event_ids: Sequence[str]) -> dict[str, int]:
    """When each came to the hub; ids that are none are none of ours."""
    found = {name: connection.execute(_ARRIVAL, (key,)).get for name, key in keys_of(event_ids).items()}
    return {name: at_ms for name, at_ms in found.items() if at_ms is not None}


def _query(wanted: ResultFilter, cursor: str | None) -> tuple[str, dict[str, str | int]]:
    given = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
    lines = [_HEAD, *(_FILTERS[name] for name in given)]
    if cursor is not None:
        given["after_ms"], given["after_number"] = decode(KIND, cursor, (int, int))
        lines.append(_AFTER)
    return "\n".join([*lines, _TAIL]), given


def _standing(connection: apsw.Connection, fact: int) -> tuple[int, dict[bytes, Version]]:
    """The fact that now stands for ``fact``, with its family: itself, or what superseded all of it."""
    family = family_of(connection, fact)
    for _ in range(MOST_HOPS):
        if connection.execute(_CURRENT, (fact,)).get is not None:
            break
        own = {version.id for version in members(family, fact)}
        others = [v.fact for v in family.values() if v.supersedes in own and v.fact != fact]
        if not others:
            break
        fact = others[-1]
        family = family_of(connection, fact)
    return fact, family


def _row(connection: apsw.Connection, version: Version, current: int | None) -> Row:
    body: bytes = connection.execute(_BODY, (version.number,)).get
    return result_row(body, current=version.number == current)

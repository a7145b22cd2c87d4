"""Laboratory results: current versions newest first, and one fact with all its versions."""

from collections.abc import Sequence

import asyncpg

from hub.identity import id_bytes
from storage.contract import Page, ResultFilter, Row
from storage.cursors import bounded, decode, encode
from storage.postgres.families import family_of
from storage.rows import keys_of, result_row
from storage.versions import Version, in_order, members, shown

KIND = "results"
# A page ends early at this size, so that a thousand of the largest events cannot fill the memory.
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
MOST_HOPS = 16

# Assembled from these lines only; each filter has its index in (column, time_ms, number) order.
_HEAD = """
SELECT time_ms, number, body, rows FROM (
    SELECT time_ms, number, body, count(*) OVER () AS rows,
        sum(octet_length(body)) OVER (ORDER BY time_ms DESC, number DESC) - octet_length(body) AS before
    FROM (
        SELECT lab_result.time_ms, lab_result.number, event.body
        FROM lab_result JOIN event ON event.number = lab_result.number
        WHERE lab_result.current
"""
_FILTERS = {
    "specimen": "AND lab_result.specimen = ",
    "site": "AND lab_result.site = ",
    "device": "AND lab_result.device = ",
    "call": "AND lab_result.call = ",
    "from_ms": "AND lab_result.time_ms >= ",
    "to_ms": "AND lab_result.time_ms < ",
}
_TAIL = """
        ORDER BY lab_result.time_ms DESC, lab_result.number DESC LIMIT $1
    ) AS page
) AS sized
WHERE before <= $2 ORDER BY time_ms DESC, number DESC
"""

_FACT = """
SELECT lab_result.fact FROM event JOIN lab_result ON lab_result.number = event.number WHERE event.id = $1
"""
_CURRENT = "SELECT number FROM lab_result WHERE fact = $1 AND current"
_ARRIVALS = "SELECT id, received_ms FROM event WHERE id = ANY($1::bytea[])"
_BODIES = "SELECT number, body FROM event WHERE number = ANY($1::bigint[])"


async def page_of_results(
    connection: asyncpg.Connection, wanted: ResultFilter, *, limit: int, cursor: str | None
) -> Page:
    """``from_ms`` <= time < ``to_ms``; raises BadCursor."""
    limit = bounded(limit)
    sql, values = query(wanted, cursor)
    rows = await connection.fetch(sql, limit + 1, LARGEST_PAGE_BYTES, *values)
    items = [result_row(row["body"], current=True) for row in rows[:limit]]
    if not rows or rows[0]["rows"] == len(items):
        return Page(items)
    last = rows[len(items) - 1]
    return Page(items, encode(KIND, last["time_ms"], last["number"]))


async def one_result(connection: asyncpg.Connection, event_id: str) -> Row | None:
    """The current version of the fact that ``event_id`` is a version of, with ``versions`` oldest first.

    A fact whose versions were all superseded by another fact's is answered by that one; without a
    current version the last one stands in, marked as not current.
    """
    try:
        key = id_bytes(event_id)
    except ValueError:
        return None
    fact = await connection.fetchval(_FACT, key)
    if fact is None:
        return None
    fact, family = await _standing(connection, fact)
    current = await connection.fetchval(_CURRENT, fact)
    numbers = [version.number for version in in_order(shown(family, fact), family)]
    bodies = dict(await connection.fetch(_BODIES, numbers))
    rows = {number: result_row(bodies[number], current=number == current) for number in numbers}
    chosen = rows[numbers[-1] if current is None else current]
    return {**chosen, "versions": list(rows.values())}


def query(wanted: ResultFilter, cursor: str | None) -> tuple[str, list[str | int]]:
    """The statement for a page, and its values from $3 on."""
    lines, values = [_HEAD], []
    for name, line in _FILTERS.items():
        if (value := getattr(wanted, name)) is not None:
            values.append(_text(value))
            lines.append(f"{line}${len(values) + 2}")
    if cursor is not None:
        values += decode(KIND, cursor, (int, int))
        after_ms, after_number = len(values) + 1, len(values) + 2
        lines.append(f"AND (lab_result.time_ms, lab_result.number) < (${after_ms}, ${after_number})")
    return "\n".join([*lines, _TAIL]), values


def _text(value: str | int) -> str | int:
    """PostgreSQL refuses a NUL even in a comparison; no stored text has U+FFFF, which is no character."""
    return value.replace("\0", "\uffff") if isinstance(value, str) else value


async def arrivals(connection: asyncpg.Connection, event_ids: Sequence[str]) -> dict[str, int]:
    """When each came to the hub; ids that are none are none of ours."""
    names = {key: name for name, key in keys_of(event_ids).items()}
    rows = await connection.fetch(_ARRIVALS, list(names))
    return {names[bytes(key)]: at_ms for key, at_ms in rows}


async def _standing(connection: asyncpg.Connection, fact: int) -> tuple[int, dict[bytes, Version]]:
    """The fact that now stands for ``fact``, with its family: itself, or what superseded all of it."""
    family = await family_of(connection, fact)
    for _ in range(MOST_HOPS):
        if await connection.fetchval(_CURRENT, fact) is not None:
            break
        own = {version.id for version in members(family, fact)}
        others = [v.fact for v in family.values() if v.supersedes in own and v.fact != fact]
        if not others:
            break
        fact = others[-1]
        family = await family_of(connection, fact)
    return fact, family

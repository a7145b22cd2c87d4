"""Projections: how far they are, the pages of the log that they follow, and hours as they stand."""

from collections.abc import Collection

import asyncpg

from storage.contract import CursorGone, LoggedEvent, Page
from storage.cursors import bounded, decode, encode
from storage.gates import COUNTED, HOUR_MS
from storage.postgres.entries import columns
from storage.postgres.families import family_of
from storage.postgres.projection_rows import COLUMNS
from storage.projection_rows import NOTHING_YET, REJECTED_KIND, looked_at, rejected_row
from storage.projections import (
    LARGEST_PAGE_BYTES,
    MOST_EVENTS,
    AnalyzerHour,
    AnalyzerHourKey,
    GateHourKey,
    GateHourRow,
    LogPage,
    ProjectionRow,
    Series,
)

_LARGEST_NUMBER = 2**63 - 1
DAY_HOURS = 24

_ROWS = f"SELECT {COLUMNS} FROM projection ORDER BY name"  # noqa: S608  our own column names
_REJECTED = """
SELECT entry, number, at_ms, reason, line FROM projection_rejected
WHERE name = $1 AND entry < $2 ORDER BY entry DESC LIMIT $3
"""
# The first number after a restore lies far ahead (storage/restored.py).
ENDS = """
SELECT deleted_number, events, last_number,
    (SELECT number FROM event WHERE number > $1 ORDER BY number LIMIT 1)
FROM store
"""
# Sizes are known without reading the bodies.
EVENTS = """
SELECT number, type, body FROM (
    SELECT number, type, body, sum(octet_length(body)) OVER (ORDER BY number) - octet_length(body) AS before
    FROM (
        SELECT number, type, body FROM event
        WHERE number > $1 AND number <= $2 AND type = ANY($3::text[]) ORDER BY number LIMIT $4
    ) AS page
) AS sized
WHERE before <= $5 ORDER BY number
"""
CONTESTED = "SELECT series, ts FROM reading_contested WHERE number > $1 AND number <= $2 ORDER BY ts, series"
# Whole hours downwards, also before 1970.
_HOUR = f"(({{0}} - ({{0}} % {HOUR_MS} + {HOUR_MS}) % {HOUR_MS}) / {HOUR_MS})"
# Where the rows of a page count, and where those of the same scans counted that stand no longer.
GATES = " UNION ".join(
    f"""
SELECT site, edge, device, zone, {_HOUR.format("placed_ms")} FROM {table}
WHERE number > $1 AND number <= $2
UNION
SELECT former.site, former.edge, former.device, former.zone, {_HOUR.format("former.placed_ms")}
FROM {table} AS own JOIN {table} AS former
    ON former.edge = own.edge AND former.scan = own.scan AND NOT former.current AND former.scan IS NOT NULL
WHERE own.number > $1 AND own.number <= $2
"""  # noqa: S608  our own names
    for table in ("gate_decision", "gate_passage")
)
FACTS = "SELECT DISTINCT fact FROM lab_result WHERE number > $1 AND number <= $2"
# EXISTS would be answered by a hash of the whole log.
LINKED = """
SELECT fact FROM lab_result JOIN event ON event.number = lab_result.number
WHERE lab_result.number > $1 AND lab_result.number <= $2 AND event.supersedes IS NOT NULL
UNION
SELECT fact FROM lab_result JOIN event ON event.number = lab_result.number
CROSS JOIN LATERAL (SELECT 1 FROM event AS new WHERE new.supersedes = event.id LIMIT 1) AS replaced
WHERE lab_result.number > $1 AND lab_result.number <= $2
"""
ANALYZERS = f"""
SELECT DISTINCT site, device, {_HOUR.format("time_ms")} FROM lab_result WHERE fact = ANY($1::bigint[])
"""  # noqa: S608
GATE_HOURS = f"""
SELECT own.place, {", ".join(COUNTED)}
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
    WITH ORDINALITY AS own (site, edge, device, zone, hour, place)
JOIN gate_hour USING (edge, zone, hour, site, device)
"""  # noqa: S608
# LIMIT 1000 keeps the order of the joins: a plan made while the tables were small is kept as they grow.
ANALYZER_HOURS = f"""
SELECT own.place, counted.call, counted.results
FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS own (site, device, hour, place)
CROSS JOIN LATERAL (
    SELECT call, sum(counts) AS results FROM (
        SELECT call, (status IN ('F', 'C', 'P'))::int AS counts FROM lab_result
        WHERE current AND NOT control AND device = own.device AND site = own.site
            AND time_ms >= own.hour * {HOUR_MS} AND time_ms < (own.hour + 1) * {HOUR_MS}
        UNION ALL
        SELECT call, 0 FROM lab_result
        WHERE NOT current AND NOT control AND device = own.device AND site = own.site
            AND time_ms >= own.hour * {HOUR_MS} AND time_ms < (own.hour + 1) * {HOUR_MS}
    ) AS told
    GROUP BY call LIMIT 1000
) AS counted
ORDER BY own.place, counted.call COLLATE "C"
"""  # noqa: S608
GATES_OF_DAY = """
SELECT site, counted.edge, device, counted.zone, hour
FROM gate_zone AS one
CROSS JOIN LATERAL (
    SELECT * FROM gate_hour
    WHERE gate_hour.edge = one.edge AND gate_hour.zone = one.zone AND hour >= $1 AND hour < $2
) AS counted
ORDER BY hour, site, counted.edge, counted.zone, device
"""
ANALYZERS_OF_DAY = " UNION ".join(
    f"""
SELECT site, device, {_HOUR.format("time_ms")} FROM lab_result
WHERE {current} AND NOT control AND time_ms >= $1 AND time_ms < $2
"""  # noqa: S608
    for current in ("current", "NOT current")
)
_SERIES = "SELECT series, site, edge, device, metric, unit FROM series ORDER BY series"
FIRST_AFTER = "SELECT received_ms FROM event WHERE number > $1 ORDER BY number LIMIT 1"


async def rows(connection: asyncpg.Connection) -> list[ProjectionRow]:
    return [ProjectionRow(*row) for row in await connection.fetch(_ROWS)]


async def page_of_rejected(
    connection: asyncpg.Connection, name: str, *, limit: int, cursor: str | None
) -> Page:
    """Raises BadCursor."""
    limit = bounded(limit)
    before = int(decode(REJECTED_KIND, cursor, (int,))[0]) if cursor is not None else _LARGEST_NUMBER
    found = [] if "\0" in name else await connection.fetch(_REJECTED, name, before, limit + 1)
    items = [rejected_row(*tuple(row)[1:]) for row in found[:limit]]
    return Page(items, encode(REJECTED_KIND, found[limit - 1][0]) if len(found) > limit else None)


async def log_page(connection: asyncpg.Connection, after: int, limit: int, types: Collection[str]) -> LogPage:
    """Raises CursorGone."""
    deleted_number, _, last_number, first = await connection.fetchrow(ENDS, after) or NOTHING_YET
    if after < deleted_number:
        raise CursorGone(deleted_number + 1)
    last = looked_at(after, first, last_number)
    if first is None:
        return LogPage([], last, [], [], [])
    limit = max(1, min(limit, MOST_EVENTS))
    found = await connection.fetch(EVENTS, after, last, list(types), limit, LARGEST_PAGE_BYTES)
    events = [LoggedEvent(*row) for row in found]
    full = len(events) == limit or sum(len(event.body) for event in events) > LARGEST_PAGE_BYTES
    last = events[-1].number if full else last
    instants = [(row[0], row[1]) for row in await connection.fetch(CONTESTED, after, last)]
    gates = sorted(map(tuple, await connection.fetch(GATES, after, last)))
    analyzers = await _analyzers(connection, after, last)
    return LogPage(events, last, instants, [GateHourKey(*row) for row in gates], analyzers)


async def _analyzers(connection: asyncpg.Connection, after: int, last: int) -> list[AnalyzerHourKey]:
    """Hours of every version of the facts of a page, and of those that they are linked with."""
    facts = {row[0] for row in await connection.fetch(FACTS, after, last)}
    for row in await connection.fetch(LINKED, after, last) if facts else ():
        facts |= {version.fact for version in (await family_of(connection, row[0])).values()}
    found = await connection.fetch(ANALYZERS, sorted(facts)) if facts else []
    return [AnalyzerHourKey(*row) for row in sorted(map(tuple, found))]


async def gate_hours(connection: asyncpg.Connection, hours: Collection[GateHourKey]) -> list[GateHourRow]:
    wanted = sorted(hours)
    found = {
        place: tuple(counts) for place, *counts in await connection.fetch(GATE_HOURS, *columns(wanted, 5))
    }
    return [GateHourRow(key, found.get(n, (0,) * len(COUNTED))) for n, key in enumerate(wanted, 1)]


async def analyzer_hours(
    connection: asyncpg.Connection, hours: Collection[AnalyzerHourKey]
) -> list[AnalyzerHour]:
    wanted = sorted(hours)
    found = await connection.fetch(ANALYZER_HOURS, *columns(wanted, 3))
    return [AnalyzerHour(wanted[place - 1], call, int(results)) for place, call, results in found]


async def hours_of_day(
    connection: asyncpg.Connection, day: int
) -> tuple[list[GateHourKey], list[AnalyzerHourKey]]:
    first, end = day * DAY_HOURS, (day + 1) * DAY_HOURS
    gates = await connection.fetch(GATES_OF_DAY, first, end)
    analyzers = await connection.fetch(ANALYZERS_OF_DAY, first * HOUR_MS, end * HOUR_MS)
    return (
        [GateHourKey(*row) for row in gates],
        [AnalyzerHourKey(*row) for row in sorted(map(tuple, analyzers))],
    )


async def series(connection: asyncpg.Connection) -> list[Series]:
    return [Series(*row) for row in await connection.fetch(_SERIES)]


async def oldest_unprojected(connection: asyncpg.Connection, number: int) -> int | None:
    received_ms: int | None = await connection.fetchval(FIRST_AFTER, number)
    return received_ms


async def events_after(connection: asyncpg.Connection, number: int) -> int:
    _, events, last_number, first = await connection.fetchrow(ENDS, number) or NOTHING_YET
    return 0 if first is None else int(min(events, last_number - first + 1))

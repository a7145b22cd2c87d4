"""Gates: who is in each zone, and what was counted by the hour."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from storage.contract import TooManyRows
from storage.gates import (
    HOUR_MS,
    MOST_GATE_HOURS,
    GateHour,
    GateHourFilter,
    Occupancy,
    Passages,
    ZoneTold,
)
from storage.occupancy import EVER_MS, ZoneFacts, occupancy_of, parts_of, spans_of
from storage.postgres.entries import columns

# Of two that were told at the same moment the greater one counts: not the one that came last.
_TOLD = """
LEFT JOIN LATERAL (
    SELECT placed_ms, count, actor FROM gate_count AS told
    WHERE told.edge = one.edge AND told.zone = one.zone AND cause = '{cause}' AND placed_ms < {before}
    ORDER BY placed_ms DESC, count DESC, actor DESC LIMIT 1
) AS {name} ON TRUE
"""
_FACTS = f"""
SELECT one.edge, one.zone, place.site, place.device, last.placed_ms, last.count, last.actor,
    before.placed_ms, before.count, before.actor, yesterday.placed_ms, yesterday.count, yesterday.actor,
    hourly.placed_ms, hourly.count, hourly.actor,
    (SELECT max(placed_ms) FROM gate_passage AS went
     WHERE went.edge = one.edge AND went.zone = one.zone AND went.current)
FROM gate_zone AS one
{_TOLD.format(cause="set", before=EVER_MS, name="last")}
{_TOLD.format(cause="set", before="last.placed_ms", name="before")}
{_TOLD.format(cause="set", before="$1", name="yesterday")}
{_TOLD.format(cause="hourly", before=EVER_MS, name="hourly")}
LEFT JOIN LATERAL (
    SELECT site, device FROM (
        SELECT hour AS at, site, device FROM gate_hour AS counted
        WHERE counted.edge = one.edge AND counted.zone = one.zone
        UNION ALL
        SELECT placed_ms / {HOUR_MS}, site, device FROM gate_count AS told
        WHERE told.edge = one.edge AND told.zone = one.zone
    ) AS known ORDER BY at DESC, site, device LIMIT 1
) AS place ON TRUE
WHERE one.zone <> '' AND ($2::text IS NULL OR one.edge = $2) AND ($3::text IS NULL OR one.zone = $3)
ORDER BY one.edge, one.zone
"""  # noqa: S608  of lines above
_BY_ROW = """
SELECT count(*) FILTER (WHERE direction = 'in' AND confirmed),
    count(*) FILTER (WHERE direction = 'in' AND NOT confirmed),
    count(*) FILTER (WHERE direction = 'out' AND confirmed),
    count(*) FILTER (WHERE direction = 'out' AND NOT confirmed)
FROM gate_passage AS went
WHERE went.edge = span.edge AND went.zone = span.zone AND went.current
    AND placed_ms BETWEEN {first} AND {last}
"""
_WENT = f"""
SELECT head.a + hours.a + tail.a, head.b + hours.b + tail.b, head.c + hours.c + tail.c,
    head.d + hours.d + tail.d
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[]) WITH ORDINALITY
    AS span (edge, zone, head_from, head_to, hours_from, hours_end, tail_from, tail_to, place)
CROSS JOIN LATERAL ({_BY_ROW.format(first="span.head_from", last="span.head_to")}) AS head (a, b, c, d)
CROSS JOIN LATERAL ({_BY_ROW.format(first="span.tail_from", last="span.tail_to")}) AS tail (a, b, c, d)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(seen_in), 0), coalesce(sum(inferred_in), 0), coalesce(sum(seen_out), 0),
        coalesce(sum(inferred_out), 0)
    FROM gate_hour AS counted
    WHERE counted.edge = span.edge AND counted.zone = span.zone AND hour >= span.hours_from
        AND hour < span.hours_end
) AS hours (a, b, c, d)
ORDER BY place
"""  # noqa: S608  of lines above
_HOURS = """
SELECT hour, site, counted.edge, counted.zone, device, allow, deny, hold, alert, retry, duplicate, manual,
    seen_in, inferred_in, seen_out, inferred_out
FROM gate_zone AS one JOIN gate_hour AS counted
    ON counted.edge = one.edge AND counted.zone = one.zone AND hour >= $1 AND hour < $2
WHERE ($3::text IS NULL OR one.edge = $3) AND ($4::text IS NULL OR one.zone = $4)
    AND ($5::text IS NULL OR site = $5) AND ($6::text IS NULL OR device = $6)
ORDER BY hour, site, counted.edge, counted.zone, device LIMIT $7
"""


async def occupancy(
    connection: asyncpg.Connection, day_began_ms: int, edge: str | None, zone: str | None
) -> list[Occupancy]:
    """By edge and zone."""
    if "\0" in f"{edge}{zone}":
        return []
    rows = await connection.fetch(_FACTS, day_began_ms, edge, zone)
    zones = [_facts(*row) for row in rows]
    spans = [
        (facts.edge, facts.zone, *parts_of(span)) for facts in zones for span in spans_of(facts, day_began_ms)
    ]
    went = [Passages(*map(int, row)) for row in await connection.fetch(_WENT, *columns(spans, 8))]
    each = len(spans) // len(zones) if zones else 0
    return [
        occupancy_of(facts, tuple(went[place * each : (place + 1) * each]))
        for place, facts in enumerate(zones)
    ]


async def gate_hours(connection: asyncpg.Connection, wanted: GateHourFilter) -> Sequence[GateHour]:
    """By hour, site, edge, zone and device; raises TooManyRows."""
    names = [wanted.edge, wanted.zone, wanted.site, wanted.device]
    if any("\0" in name for name in names if name):
        return []
    first, end = -(-wanted.from_ms // HOUR_MS), -(-wanted.to_ms // HOUR_MS)
    rows = await connection.fetch(_HOURS, first, end, *names, MOST_GATE_HOURS + 1)
    if len(rows) > MOST_GATE_HOURS:
        raise TooManyRows
    return [GateHour._make((row[0] * HOUR_MS, *row[1:5], row[5:])) for row in map(tuple, rows)]


def _facts(edge: str, zone: str, site: str | None, device: str | None, *told: Any) -> ZoneFacts:
    last, before, yesterday, hourly = (
        None if told[first] is None else ZoneTold(*told[first : first + 3]) for first in (0, 3, 6, 9)
    )
    return ZoneFacts(edge, zone, site or "", device or "", last, before, yesterday, hourly, told[-1])

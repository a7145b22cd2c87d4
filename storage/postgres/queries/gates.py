"""Gates: who is in each zone, and what was counted by the hour."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from storage.admission import LARGEST_INTEGER
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
from storage.occupancy import ZoneFacts, after, occupancy_of
from storage.postgres.entries import columns

# Where something was counted last; of a zone in which nothing ever was, whoever told of it (place).
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
     WHERE went.edge = one.edge AND went.zone = one.zone AND went.zone <> '' AND went.current),
    one.seen_in, one.inferred_in, one.seen_out, one.inferred_out
FROM gate_zone AS one
{_TOLD.format(cause="set", before=LARGEST_INTEGER, name="last")}
{_TOLD.format(cause="set", before="last.placed_ms", name="before")}
{_TOLD.format(cause="set", before="$1", name="yesterday")}
{_TOLD.format(cause="hourly", before=LARGEST_INTEGER, name="hourly")}
LEFT JOIN LATERAL (
    (SELECT 0 AS choice, site, device FROM gate_hour AS counted
     WHERE counted.edge = one.edge AND counted.zone = one.zone ORDER BY hour DESC, site, device LIMIT 1)
    UNION ALL
    (SELECT 1, site, device FROM gate_count AS told
     WHERE told.edge = one.edge AND told.zone = one.zone ORDER BY cause, placed_ms DESC, site, device LIMIT 1)
    ORDER BY choice LIMIT 1
) AS place ON TRUE
WHERE one.zone <> '' AND ($2::text IS NULL OR one.edge = $2) AND ($3::text IS NULL OR one.zone = $3)
ORDER BY one.edge, one.zone
"""  # noqa: S608  of lines above
_WENT = """
SELECT a + seen_in, b + inferred_in, c + seen_out, d + inferred_out
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY
    AS moment (edge, zone, first_ms, last_ms, hour, place)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE direction = 'in' AND confirmed) AS a,
        count(*) FILTER (WHERE direction = 'in' AND NOT confirmed) AS b,
        count(*) FILTER (WHERE direction = 'out' AND confirmed) AS c,
        count(*) FILTER (WHERE direction = 'out' AND NOT confirmed) AS d
    FROM gate_passage AS went
    WHERE went.edge = moment.edge AND went.zone = moment.zone AND went.zone <> '' AND went.current
        AND placed_ms BETWEEN first_ms AND last_ms
) AS rows
CROSS JOIN LATERAL (
    SELECT coalesce(sum(seen_in), 0) AS seen_in, coalesce(sum(inferred_in), 0) AS inferred_in,
        coalesce(sum(seen_out), 0) AS seen_out, coalesce(sum(inferred_out), 0) AS inferred_out
    FROM gate_hour AS counted
    WHERE counted.edge = moment.edge AND counted.zone = moment.zone AND counted.hour >= moment.hour
) AS hours
ORDER BY place
"""
_HOURS = """
SELECT hour, site, counted.edge, counted.zone, device, allow, deny, hold, alert, retry, duplicate, manual,
    counted.seen_in, counted.inferred_in, counted.seen_out, counted.inferred_out
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
    moments = [(facts, at_ms) for facts in zones for at_ms in facts.moments(day_began_ms)]
    asked = [(facts.edge, facts.zone, *after(at_ms)) for facts, at_ms in moments if at_ms is not None]
    found = iter(await connection.fetch(_WENT, *columns(asked, 5)))
    went = [facts.ever if at_ms is None else Passages(*map(int, next(found))) for facts, at_ms in moments]
    each = len(went) // len(zones) if zones else 0
    return [occupancy_of(facts, went[place * each :][:each]) for place, facts in enumerate(zones)]


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
    return ZoneFacts(
        edge,
        zone,
        site or "",
        device or "",
        last,
        before,
        yesterday,
        hourly,
        told[12],
        Passages(*told[13:]),
    )

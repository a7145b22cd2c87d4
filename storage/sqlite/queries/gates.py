"""Gates: who is in each zone, and what was counted by the hour."""

from operator import add
from typing import Any

import apsw

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

_ZONES = """
SELECT edge, zone, seen_in, inferred_in, seen_out, inferred_out FROM gate_zone
WHERE zone <> '' AND (:edge IS NULL OR edge = :edge) AND (:zone IS NULL OR zone = :zone) ORDER BY edge, zone
"""
# Of two that were told at the same moment the greater one counts: not the one that came last.
_TOLD = """
SELECT placed_ms, count, actor FROM gate_count
WHERE edge = ? AND zone = ? AND cause = ? AND placed_ms < ? ORDER BY placed_ms DESC, count DESC, actor DESC
LIMIT 1
"""
# Where something was counted last; of a zone in which nothing ever was, whoever told of it.
_PLACE = """
SELECT site, device FROM (
    SELECT 0, site, device FROM (
        SELECT site, device FROM gate_hour WHERE edge = :edge AND zone = :zone
        ORDER BY hour DESC, site, device LIMIT 1
    )
    UNION ALL
    SELECT 1, site, device FROM (
        SELECT site, device FROM gate_count WHERE edge = :edge AND zone = :zone
        ORDER BY cause, placed_ms DESC, site, device LIMIT 1
    )
    ORDER BY 1 LIMIT 1
)
"""
_LAST = "SELECT max(placed_ms) FROM gate_passage WHERE edge = ? AND zone = ? AND current = 1"
_BY_HOUR = """
SELECT coalesce(sum(seen_in), 0), coalesce(sum(inferred_in), 0), coalesce(sum(seen_out), 0),
    coalesce(sum(inferred_out), 0)
FROM gate_hour WHERE edge = ? AND zone = ? AND hour >= ?
"""
_BY_ROW = """
SELECT coalesce(sum(direction = 'in' AND confirmed), 0), coalesce(sum(direction = 'in' AND NOT confirmed), 0),
    coalesce(sum(direction = 'out' AND confirmed), 0), coalesce(sum(direction = 'out' AND NOT confirmed), 0)
FROM gate_passage WHERE edge = ? AND zone = ? AND current = 1 AND placed_ms BETWEEN ? AND ?
"""
_HOURS = """
SELECT hour, site, counted.edge, counted.zone, device, allow, deny, hold, alert, retry, duplicate, manual,
    counted.seen_in, counted.inferred_in, counted.seen_out, counted.inferred_out
FROM gate_zone AS one CROSS JOIN gate_hour AS counted
    ON counted.edge = one.edge AND counted.zone = one.zone AND hour >= :first AND hour < :end
WHERE (:edge IS NULL OR one.edge = :edge) AND (:zone IS NULL OR one.zone = :zone)
    AND (:site IS NULL OR site = :site) AND (:device IS NULL OR device = :device)
ORDER BY hour, site, counted.edge, counted.zone, device LIMIT :rows
"""


def occupancy(
    connection: apsw.Connection, day_began_ms: int, edge: str | None, zone: str | None
) -> list[Occupancy]:
    """By edge and zone."""
    zones: list[Any] = connection.execute(_ZONES, {"edge": edge, "zone": zone}).fetchall()
    return [_one(connection, day_began_ms, *names) for names in zones]


def gate_hours(connection: apsw.Connection, wanted: GateHourFilter) -> list[GateHour]:
    """By hour, site, edge, zone and device; raises TooManyRows."""
    values = {
        "first": -(-wanted.from_ms // HOUR_MS),
        "end": -(-wanted.to_ms // HOUR_MS),
        "site": wanted.site,
        "device": wanted.device,
        "edge": wanted.edge,
        "zone": wanted.zone,
        "rows": MOST_GATE_HOURS + 1,
    }
    rows: list[Any] = connection.execute(_HOURS, values).fetchall()
    if len(rows) > MOST_GATE_HOURS:
        raise TooManyRows
    return [GateHour._make((row[0] * HOUR_MS, *row[1:5], row[5:])) for row in rows]


def _one(connection: apsw.Connection, day_began_ms: int, edge: str, zone: str, *ever: int) -> Occupancy:
    facts = _facts(connection, day_began_ms, edge, zone, Passages(*ever))
    moments = facts.moments(day_began_ms)
    return occupancy_of(facts, [_went_after(connection, facts, at_ms) for at_ms in moments])


def _facts(connection: apsw.Connection, day_began_ms: int, edge: str, zone: str, ever: Passages) -> ZoneFacts:
    def told(cause: str, before_ms: int) -> ZoneTold | None:
        row = connection.execute(_TOLD, (edge, zone, cause, before_ms)).fetchone()
        return ZoneTold(*row) if row else None

    last_set = told("set", LARGEST_INTEGER)
    site, device = connection.execute(_PLACE, {"edge": edge, "zone": zone}).fetchone() or ("", "")
    return ZoneFacts(
        edge,
        zone,
        str(site),
        str(device),
        last_set,
        told("set", last_set.at_ms) if last_set else None,
        told("set", day_began_ms),
        told("hourly", LARGEST_INTEGER),
        connection.execute(_LAST, (edge, zone)).get,
        ever,
    )


def _went_after(connection: apsw.Connection, facts: ZoneFacts, at_ms: int | None) -> Passages:
    if at_ms is None:
        return facts.ever
    names, parts = (facts.edge, facts.zone), after(at_ms)
    rows: Any = connection.execute(_BY_ROW, (*names, parts.first_ms, parts.last_ms)).fetchone()
    hours: Any = connection.execute(_BY_HOUR, (*names, parts.hour)).fetchone()
    return Passages(*map(add, rows, hours))

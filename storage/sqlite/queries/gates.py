"""Gates: who is in each zone, and what was counted by the hour."""

from typing import Any

import apsw

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
from storage.occupancy import EVER_MS, Span, ZoneFacts, occupancy_of, parts_of, spans_of

_ZONES = """
SELECT edge, zone FROM gate_zone
WHERE zone <> '' AND (:edge IS NULL OR edge = :edge) AND (:zone IS NULL OR zone = :zone) ORDER BY edge, zone
"""
# Of two that were told at the same moment the greater one counts: not the one that came last.
_TOLD = """
SELECT placed_ms, count, actor FROM gate_count
WHERE edge = ? AND zone = ? AND cause = ? AND placed_ms < ? ORDER BY placed_ms DESC, count DESC, actor DESC
LIMIT 1
"""
_PLACE = """
SELECT site, device FROM (
    SELECT hour AS at, site, device FROM gate_hour WHERE edge = :edge AND zone = :zone
    UNION ALL
    SELECT placed_ms / 3600000, site, device FROM gate_count WHERE edge = :edge AND zone = :zone
) ORDER BY at DESC, site, device LIMIT 1
"""
_LAST = "SELECT max(placed_ms) FROM gate_passage WHERE edge = ? AND zone = ? AND current = 1"
_BY_HOUR = """
SELECT coalesce(sum(seen_in), 0), coalesce(sum(inferred_in), 0), coalesce(sum(seen_out), 0),
    coalesce(sum(inferred_out), 0)
FROM gate_hour WHERE edge = ? AND zone = ? AND hour >= ? AND hour < ?
"""
_BY_ROW = """
SELECT coalesce(sum(direction = 'in' AND confirmed), 0), coalesce(sum(direction = 'in' AND NOT confirmed), 0),
    coalesce(sum(direction = 'out' AND confirmed), 0), coalesce(sum(direction = 'out' AND NOT confirmed), 0)
FROM gate_passage WHERE edge = ? AND zone = ? AND current = 1 AND placed_ms BETWEEN ? AND ?
"""
_HOURS = """
SELECT hour, site, gate_hour.edge, gate_hour.zone, device, allow, deny, hold, alert, retry, duplicate, manual,
    seen_in, inferred_in, seen_out, inferred_out
FROM gate_zone CROSS JOIN gate_hour ON gate_hour.edge = gate_zone.edge AND gate_hour.zone = gate_zone.zone
    AND hour >= :first AND hour < :end
WHERE (:edge IS NULL OR gate_zone.edge = :edge) AND (:zone IS NULL OR gate_zone.zone = :zone)
    AND (:site IS NULL OR site = :site) AND (:device IS NULL OR device = :device)
ORDER BY hour, site, gate_hour.edge, gate_hour.zone, device LIMIT :rows
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


def _one(connection: apsw.Connection, day_began_ms: int, edge: str, zone: str) -> Occupancy:
    facts = _facts(connection, day_began_ms, edge, zone)
    went = tuple(_went(connection, facts, span) for span in spans_of(facts, day_began_ms))
    return occupancy_of(facts, went)


def _facts(connection: apsw.Connection, day_began_ms: int, edge: str, zone: str) -> ZoneFacts:
    def told(cause: str, before_ms: int) -> ZoneTold | None:
        row = connection.execute(_TOLD, (edge, zone, cause, before_ms)).fetchone()
        return ZoneTold(*row) if row else None

    last_set = told("set", EVER_MS)
    site, device = connection.execute(_PLACE, {"edge": edge, "zone": zone}).fetchone() or ("", "")
    return ZoneFacts(
        edge,
        zone,
        str(site),
        str(device),
        last_set,
        told("set", last_set.at_ms) if last_set else None,
        told("set", day_began_ms),
        told("hourly", EVER_MS),
        connection.execute(_LAST, (edge, zone)).get,
    )


def _went(connection: apsw.Connection, facts: ZoneFacts, span: Span) -> Passages:
    names, parts = (facts.edge, facts.zone), parts_of(span)
    found: list[Any] = [
        connection.execute(_BY_ROW, (*names, parts.head_from, parts.head_to)).fetchone(),
        connection.execute(_BY_HOUR, (*names, parts.hours_from, parts.hours_end)).fetchone(),
        connection.execute(_BY_ROW, (*names, parts.tail_from, parts.tail_to)).fetchone(),
    ]
    return Passages(*map(sum, zip(*found, strict=True)))

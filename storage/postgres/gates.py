"""What gates counted by the hour: kept in the transaction of its cause, and recounted (storage/gates.py)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from storage.gate_facts import (
    DecisionRow,
    GateCell,
    PassageRow,
    decided,
    differing,
    gate_sums,
    went,
    zone_sums,
)
from storage.postgres.entries import Entry, columns
from storage.postgres.session import Session

ScanKey = tuple[str, str | None]  # edge, scan

_ADD = """
INSERT INTO gate_hour
    (edge, zone, hour, site, device, allow, deny, hold, alert, retry, duplicate, manual,
     seen_in, inferred_in, seen_out, inferred_out)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
    $15::bigint[], $16::bigint[])
ON CONFLICT (edge, zone, hour, site, device) DO UPDATE
SET allow = gate_hour.allow + excluded.allow, deny = gate_hour.deny + excluded.deny,
    hold = gate_hour.hold + excluded.hold, alert = gate_hour.alert + excluded.alert,
    retry = gate_hour.retry + excluded.retry, duplicate = gate_hour.duplicate + excluded.duplicate,
    manual = gate_hour.manual + excluded.manual, seen_in = gate_hour.seen_in + excluded.seen_in,
    inferred_in = gate_hour.inferred_in + excluded.inferred_in,
    seen_out = gate_hour.seen_out + excluded.seen_out,
    inferred_out = gate_hour.inferred_out + excluded.inferred_out
"""
_ADD_ZONES = """
INSERT INTO gate_zone (edge, zone, seen_in, inferred_in, seen_out, inferred_out)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
ON CONFLICT (edge, zone) DO UPDATE
SET seen_in = gate_zone.seen_in + excluded.seen_in,
    inferred_in = gate_zone.inferred_in + excluded.inferred_in,
    seen_out = gate_zone.seen_out + excluded.seen_out,
    inferred_out = gate_zone.inferred_out + excluded.inferred_out
"""
# LIMIT keeps the order of the joins: a plan made while the tables were small is kept as they grow.
_STANDING = """
SELECT key.edge, key.scan, own.epoch, own.seq, found.number
FROM unnest($1::text[], $2::text[]) AS key (edge, scan)
CROSS JOIN LATERAL (
    SELECT number FROM {table} AS known
    WHERE known.edge = key.edge AND known.scan = key.scan AND known.current LIMIT 1
) AS found
CROSS JOIN LATERAL (SELECT epoch, seq FROM event WHERE event.number = found.number LIMIT 1) AS own
"""
STANDING_IN = {
    table: _STANDING.format(table=table) for table in ("gate_scan", "gate_decision", "gate_passage")
}
_KEPT = """
SELECT edge, zone, hour, site, device, allow, deny, hold, alert, retry, duplicate, manual,
    seen_in, inferred_in, seen_out, inferred_out
FROM gate_hour
"""
_KEPT_ZONES = "SELECT edge, zone, seen_in, inferred_in, seen_out, inferred_out FROM gate_zone"
_DECIDED = """
SELECT edge, scan, site, device, zone, decision, time_ms, placed_ms FROM gate_decision WHERE current
"""
_WENT = """
SELECT edge, scan, site, device, zone, direction, confirmed, placed_ms FROM gate_passage WHERE current
"""


@dataclass(slots=True)
class Chosen:
    """Which of a commit's events stand, and which rows of the table no longer do."""

    standing: set[int]
    stepping_down: list[int]


async def chosen(session: Session, table: str, entries: Sequence[Entry]) -> Chosen:
    """The last word of an edge on each scan; what is about no scan stands by itself."""
    keys = sorted({_key(entry) for entry in entries if entry.prepared.scan is not None})
    known = await session.connection.fetch(STANDING_IN[table], *columns(keys, 2))
    last = {(edge, scan): (epoch, seq, number) for edge, scan, epoch, seq, number in known}
    before = {number for _, _, number in last.values()}
    standing = set()
    for entry in entries:
        stored = entry.stored
        place = (stored.epoch, stored.event.seq, stored.number)
        if entry.prepared.scan is None:
            standing.add(stored.number)
        elif _key(entry) not in last or place[:2] > last[_key(entry)][:2]:
            last[_key(entry)] = place
    numbers = {number for _, _, number in last.values()}
    return Chosen(standing | (numbers - before), sorted(before - numbers))


def rows_of(entries: Iterable[Entry], found: Chosen) -> list[tuple[Any, ...]]:
    """With number and whether it stands before what was prepared."""
    return [(each.stored.number, each.stored.number in found.standing, *each.prepared) for each in entries]


async def note_zones(session: Session, zones: Iterable[tuple[str, str]]) -> None:
    """There are such zones, whether or not anybody went."""
    await session.connection.execute(
        _ADD_ZONES, *columns([(*key, 0, 0, 0, 0) for key in sorted(set(zones))], 6)
    )


async def write_gate_hours(session: Session) -> None:
    """Once per row of counts and transaction."""
    added = gate_sums(session.gate_changes)
    session.gate_changes.clear()
    if added:
        rows = [(*cell, *counts) for cell, counts in added.items()]
        await session.connection.execute(_ADD, *columns(rows, 16))
        zones = [(*key, *went) for key, went in sorted(zone_sums(added).items())]
        await session.connection.execute(_ADD_ZONES, *columns(zones, 6))


async def gate_differences(connection: asyncpg.Connection) -> list[GateCell | tuple[str, str]]:
    """Hours and zones whose counts are not those of the rows that stand: for a check of the store."""
    kept = {GateCell(*row[:5]): list(row[5:]) for row in map(tuple, await connection.fetch(_KEPT))}
    zones = {(row[0], row[1]): list(row[2:]) for row in map(tuple, await connection.fetch(_KEPT_ZONES))}
    counted = await _counted(connection)
    return [*differing(kept, counted), *differing(zones, zone_sums(counted))]


async def _counted(connection: asyncpg.Connection) -> Mapping[GateCell, list[int]]:
    decisions = [decided(DecisionRow(*row), 1) for row in await connection.fetch(_DECIDED)]
    passages = [went(PassageRow(*row), 1) for row in await connection.fetch(_WENT)]
    return gate_sums([*decisions, *passages])


def _key(entry: Entry) -> ScanKey:
    return entry.prepared.edge, entry.prepared.scan

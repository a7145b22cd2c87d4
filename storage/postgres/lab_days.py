"""Counts of laboratory results by place and local day: kept in their cause's transaction, and recounted."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from storage.lab_days import (
    DEFAULT_TIMEZONE,
    AllTests,
    Cell,
    Change,
    cell_of,
    changes_of,
    local_day,
    over_tests,
    sums,
    unequal,
)
from storage.postgres.entries import columns
from storage.postgres.projections.reported import recount as recount_facts
from storage.postgres.session import Session

ROWS_A_STATEMENT = 10_000

_ADD = """
INSERT INTO lab_day (day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (day, site, stage, test) DO UPDATE
SET pos = lab_day.pos + excluded.pos, neg = lab_day.neg + excluded.neg,
    invalid = lab_day.invalid + excluded.invalid, error = lab_day.error + excluded.error,
    no_result = lab_day.no_result + excluded.no_result,
    indeterminate = lab_day.indeterminate + excluded.indeterminate,
    unmapped = lab_day.unmapped + excluded.unmapped
"""
_ADD_SUM = """
INSERT INTO lab_day_sum (day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (day, site, stage) DO UPDATE
SET pos = lab_day_sum.pos + excluded.pos, neg = lab_day_sum.neg + excluded.neg,
    invalid = lab_day_sum.invalid + excluded.invalid, error = lab_day_sum.error + excluded.error,
    no_result = lab_day_sum.no_result + excluded.no_result,
    indeterminate = lab_day_sum.indeterminate + excluded.indeterminate,
    unmapped = lab_day_sum.unmapped + excluded.unmapped
"""
_SWEEP = """
DELETE FROM lab_day WHERE (day, site, stage, test) = ($1, $2, $3, $4)
    AND pos = 0 AND neg = 0 AND invalid = 0 AND error = 0 AND no_result = 0 AND indeterminate = 0
    AND unmapped = 0
"""
_SWEEP_SUM = """
DELETE FROM lab_day_sum WHERE (day, site, stage) = ($1, $2, $3)
    AND pos = 0 AND neg = 0 AND invalid = 0 AND error = 0 AND no_result = 0 AND indeterminate = 0
    AND unmapped = 0
"""
_COUNTED = """
SELECT day, site, status, test, call, count(*) FROM lab_result WHERE current AND NOT control
GROUP BY day, site, status, test, call
"""
_KEPT = """
SELECT day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day
"""
_KEPT_SUMS = """
SELECT day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day_sum
"""
_TIMEZONE = "SELECT timezone FROM store"
_KEEP_TIMEZONE = "UPDATE store SET timezone = $1"
_TIMES = "SELECT number, time_ms FROM lab_result WHERE number > $1 ORDER BY number LIMIT $2"
_DAYS = """
UPDATE lab_result SET day = told.day FROM unnest($1::bigint[], $2::int[]) AS told (number, day)
WHERE lab_result.number = told.number
"""


def count(session: Session, row: tuple[Any, ...], delta: int) -> None:
    """A row of lab_result (day, site, status, test, call, control) became current (1) or is no more (-1)."""
    session.gains["results"] += delta
    session.lab_changes += changes_of(row, delta)


async def write_changes(session: Session) -> None:
    """Once per row of counts and transaction."""
    added = sums(session.lab_changes)
    session.lab_changes.clear()
    if added:
        await _write(session.connection, added)


async def use_timezone(session: Session, wanted: str | None) -> str:
    """Count by the days of ``wanted`` (None: as until now); gives the name of the zone.

    Days and counts are made anew when it changed.
    """
    kept: str = await session.connection.fetchval(_TIMEZONE)
    name = wanted or kept or DEFAULT_TIMEZONE
    if name != kept:
        await _recount(session, ZoneInfo(name))
        await recount_facts(session, ZoneInfo(name))
        await session.connection.execute(_KEEP_TIMEZONE, name)
    return name


async def differences(connection: asyncpg.Connection) -> dict[Cell | AllTests, tuple[list[int], list[int]]]:
    """Rows whose counts are not those of lab_result, as (kept, counted): for a check of the store."""
    kept = {Cell(*row[:4]): list(row[4:]) for row in map(tuple, await connection.fetch(_KEPT))}
    kept_sums = {AllTests(*row[:3]): list(row[3:]) for row in map(tuple, await connection.fetch(_KEPT_SUMS))}
    counted = await _counted(connection)
    return dict([*unequal(kept, counted).items(), *unequal(kept_sums, over_tests(counted)).items()])


async def _write(connection: asyncpg.Connection, added: Mapping[Cell, list[int]]) -> None:
    totals = over_tests(added)
    await connection.executemany(_ADD, [(*cell, *counts) for cell, counts in added.items()])
    await connection.executemany(_ADD_SUM, [(*key, *counts) for key, counts in totals.items()])
    if emptier := [cell for cell, counts in added.items() if min(counts) < 0]:
        await connection.executemany(_SWEEP, emptier)
    if emptier_sums := [key for key, counts in totals.items() if min(counts) < 0]:
        await connection.executemany(_SWEEP_SUM, emptier_sums)


async def _counted(connection: asyncpg.Connection) -> dict[Cell, list[int]]:
    rows = await connection.fetch(_COUNTED)
    return sums(
        Change(cell_of(day, site, status, test), call, count) for day, site, status, test, call, count in rows
    )


async def _recount(session: Session, zone: ZoneInfo) -> None:
    """The days are ours, not the server's: its time zones may be of another year."""
    connection, after = session.connection, 0
    while rows := await connection.fetch(_TIMES, after, ROWS_A_STATEMENT):
        days = [(number, local_day(time_ms, zone)) for number, time_ms in rows]
        await connection.execute(_DAYS, *columns(days, 2))
        after = rows[-1][0]
    await connection.execute("DELETE FROM lab_day")
    await connection.execute("DELETE FROM lab_day_sum")
    await _write(connection, await _counted(connection))

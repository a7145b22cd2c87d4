"""Counts of laboratory results by place and local day: kept in their cause's transaction, and recounted."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import apsw

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
from storage.sqlite.projections.reported import recount as recount_facts
from storage.sqlite.session import Session

_ADD = """
INSERT INTO lab_day (day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, site, stage, test) DO UPDATE
SET pos = pos + excluded.pos, neg = neg + excluded.neg, invalid = invalid + excluded.invalid,
    error = error + excluded.error, no_result = no_result + excluded.no_result,
    indeterminate = indeterminate + excluded.indeterminate, unmapped = unmapped + excluded.unmapped
"""
_ADD_SUM = """
INSERT INTO lab_day_sum (day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, site, stage) DO UPDATE
SET pos = pos + excluded.pos, neg = neg + excluded.neg, invalid = invalid + excluded.invalid,
    error = error + excluded.error, no_result = no_result + excluded.no_result,
    indeterminate = indeterminate + excluded.indeterminate, unmapped = unmapped + excluded.unmapped
"""
_SWEEP = """
DELETE FROM lab_day WHERE (day, site, stage, test) = (?, ?, ?, ?)
    AND pos = 0 AND neg = 0 AND invalid = 0 AND error = 0 AND no_result = 0 AND indeterminate = 0
    AND unmapped = 0
"""
_SWEEP_SUM = """
DELETE FROM lab_day_sum WHERE (day, site, stage) = (?, ?, ?)
    AND pos = 0 AND neg = 0 AND invalid = 0 AND error = 0 AND no_result = 0 AND indeterminate = 0
    AND unmapped = 0
"""
_COUNTED = """
SELECT day, site, status, test, call, count(*) FROM lab_result WHERE current = 1 AND control = 0
GROUP BY day, site, status, test, call
"""
_KEPT = """
SELECT day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day
"""
_KEPT_SUMS = """
SELECT day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day_sum
"""
_TIMEZONE = "SELECT timezone FROM store"


def count(session: Session, row: tuple[Any, ...], delta: int) -> None:
    """A row of lab_result (day, site, status, test, call, control) became current (1) or is no more (-1)."""
    session.gains["results"] += delta
    session.lab_changes += changes_of(row, delta)


def write_changes(session: Session) -> None:
    """Once per row of counts and transaction."""
    added = sums(session.lab_changes)
    session.lab_changes.clear()
    if added:
        _write(session.connection, added)


def use_timezone(session: Session, wanted: str | None) -> None:
    """Count by the days of ``wanted`` (None: as until now); days and counts are made anew when it changed."""
    kept: str = session.connection.execute(_TIMEZONE).get
    name = wanted or kept or DEFAULT_TIMEZONE
    session.zone = ZoneInfo(name)
    if name != kept:
        _recount(session)
        recount_facts(session)
        session.connection.execute("UPDATE store SET timezone = ?", (name,))


def differences(connection: apsw.Connection) -> dict[Cell | AllTests, tuple[list[int], list[int]]]:
    """Rows whose counts are not those of lab_result, as (kept, counted): for a check of the store."""
    kept = {Cell(*row[:4]): list(row[4:]) for row in connection.execute(_KEPT)}
    kept_sums = {AllTests(*row[:3]): list(row[3:]) for row in connection.execute(_KEPT_SUMS)}
    counted = _counted(connection)
    return dict([*unequal(kept, counted).items(), *unequal(kept_sums, over_tests(counted)).items()])


def _write(connection: apsw.Connection, added: Mapping[Cell, list[int]]) -> None:
    totals = over_tests(added)
    connection.executemany(_ADD, [(*cell, *counts) for cell, counts in added.items()])
    connection.executemany(_ADD_SUM, [(*key, *counts) for key, counts in totals.items()])
    connection.executemany(_SWEEP, [cell for cell, counts in added.items() if min(counts) < 0])
    connection.executemany(_SWEEP_SUM, [key for key, counts in totals.items() if min(counts) < 0])


def _counted(connection: apsw.Connection) -> dict[Cell, list[int]]:
    rows = connection.execute(_COUNTED)
    return sums(
        Change(cell_of(day, site, status, test), call, count) for day, site, status, test, call, count in rows
    )


def _recount(session: Session) -> None:
    connection, zone = session.connection, session.zone

    def local(*values: Any) -> int:
        return local_day(values[0], zone)

    connection.create_scalar_function("local_day", local, 1)
    connection.execute("UPDATE lab_result SET day = local_day(time_ms)")
    connection.create_scalar_function("local_day", None, 1)
    connection.execute("DELETE FROM lab_day")
    connection.execute("DELETE FROM lab_day_sum")
    _write(connection, _counted(connection))

"""Cameras: what each told last, and how they stood."""

from itertools import islice
from typing import Any

import apsw

from storage.admission import LARGEST_INTEGER
from storage.camera_facts import faults_of
from storage.camera_times import days_of
from storage.cameras import (
    HOLD_MS,
    MOST_CAMERA_DAYS,
    MOST_PERIODS,
    CameraDay,
    CameraDayFilter,
    KnownCamera,
    ToldPeriod,
)
from storage.contract import Row, TooManyRows
from storage.rows import event_row

_LATEST = "SELECT body FROM camera WHERE :device IS NULL OR device = :device ORDER BY device, edge"
# All reasons of a state, or none: the first of them tells of the time from its beginning.
_PERIODS = """
SELECT device, edge, site, from_ms, told_ms, to_ms, state, reason, faults FROM camera_period
WHERE device = :device AND from_ms <= :last AND from_ms >= (
    SELECT min(from_ms) FROM camera_period WHERE device = :device AND to_ms >= :first
)
ORDER BY from_ms LIMIT :rows
"""
# Of a device of several edges the place is that of the one that told last: SQLite takes the row of max().
_KNOWN = """
SELECT device, site, first_ms FROM (
    SELECT device, site, max(time_ms),
        (SELECT min(from_ms) FROM camera_period WHERE camera_period.device = camera.device) AS first_ms
    FROM camera WHERE :device IS NULL OR device = :device GROUP BY device
) WHERE first_ms IS NOT NULL ORDER BY device
"""


def cameras(connection: apsw.Connection, device: str | None) -> list[Row]:
    """By device and edge."""
    return [event_row(body) for (body,) in connection.execute(_LATEST, {"device": device})]


def camera_periods(connection: apsw.Connection, device: str, from_ms: int, to_ms: int) -> list[ToldPeriod]:
    """Those that reach into the window, or are so near that they say what stood at its ends."""
    return _periods(connection, device, from_ms, to_ms, MOST_PERIODS)


def camera_days(connection: apsw.Connection, wanted: CameraDayFilter) -> list[CameraDay]:
    """By device and day; raises TooManyRows. The periods of one camera at a time are in memory."""
    known: list[Any] = connection.execute(_KNOWN, {"device": wanted.device}).fetchall()
    window = wanted.begins_ms[0], wanted.begins_ms[-1]
    every = (
        day
        for camera in map(KnownCamera._make, known)
        for day in days_of(camera, _periods(connection, camera.device, *window), wanted)
    )
    days = list(islice(every, MOST_CAMERA_DAYS + 1))
    if len(days) > MOST_CAMERA_DAYS:
        raise TooManyRows
    return days


def _periods(
    connection: apsw.Connection, device: str, from_ms: int, to_ms: int, most: int = LARGEST_INTEGER - 1
) -> list[ToldPeriod]:
    """In the order in which they began."""
    window = {"device": device, "first": from_ms - HOLD_MS, "last": to_ms + HOLD_MS, "rows": most + 1}
    rows: Any = connection.execute(_PERIODS, window).fetchall()
    if len(rows) > most:
        raise TooManyRows
    return [ToldPeriod._make((*row[:-1], faults_of(row[-1]))) for row in rows]

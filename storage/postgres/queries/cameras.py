"""Cameras: what each told last, and how they stood."""

import asyncpg

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

CAMERAS_A_QUERY = 50

_LATEST = "SELECT body FROM camera WHERE $1::text IS NULL OR device = $1 ORDER BY device, edge"
# All reasons of a state, or none: the first of them tells of the time from its beginning. For each camera
# by its indexes, whatever the planner thought of the tables when they were small: the order and the OFFSET
# keep it from walking through all that ever was.
PERIODS = """
SELECT told.* FROM unnest($1::text[]) AS wanted (device)
CROSS JOIN LATERAL (
    SELECT device, edge, site, from_ms, told_ms, to_ms, state, reason, faults FROM camera_period AS period
    WHERE period.device = wanted.device AND from_ms <= $3 AND from_ms >= (
        SELECT min(reaching.from_ms) FROM (
            SELECT from_ms FROM camera_period AS known
            WHERE known.device = wanted.device AND to_ms >= $2 ORDER BY to_ms OFFSET 0
        ) AS reaching
    )
    ORDER BY from_ms
) AS told
LIMIT $4
"""
_KNOWN = """
SELECT device, site, first_ms FROM (
    SELECT DISTINCT ON (device) device, site,
        (SELECT min(from_ms) FROM camera_period WHERE camera_period.device = camera.device) AS first_ms
    FROM camera WHERE $1::text IS NULL OR device = $1 ORDER BY device, time_ms DESC, edge
) AS known
WHERE first_ms IS NOT NULL ORDER BY device
"""


async def cameras(connection: asyncpg.Connection, device: str | None) -> list[Row]:
    """By device and edge."""
    if device and "\0" in device:
        return []
    return [event_row(row["body"]) for row in await connection.fetch(_LATEST, device)]


async def camera_periods(
    connection: asyncpg.Connection, device: str, from_ms: int, to_ms: int
) -> list[ToldPeriod]:
    """Those that reach into the window, or are so near that they say what stood at its ends."""
    return (await _periods(connection, [device], from_ms, to_ms, MOST_PERIODS))[device]


async def camera_days(connection: asyncpg.Connection, wanted: CameraDayFilter) -> list[CameraDay]:
    """By device and day; raises TooManyRows. The periods of 50 cameras at a time are in memory."""
    if wanted.device and "\0" in wanted.device:
        return []
    known = [KnownCamera(*row) for row in await connection.fetch(_KNOWN, wanted.device)]
    days: list[CameraDay] = []
    for place in range(0, len(known), CAMERAS_A_QUERY):
        some = known[place : place + CAMERAS_A_QUERY]
        names = [camera.device for camera in some]
        told = await _periods(connection, names, wanted.begins_ms[0], wanted.begins_ms[-1])
        days += [day for camera in some for day in days_of(camera, told[camera.device], wanted)]
        if len(days) > MOST_CAMERA_DAYS:
            raise TooManyRows
    return days


async def _periods(
    connection: asyncpg.Connection,
    devices: list[str],
    from_ms: int,
    to_ms: int,
    most: int = LARGEST_INTEGER - 1,
) -> dict[str, list[ToldPeriod]]:
    """Of each device, in the order in which they began."""
    found: dict[str, list[ToldPeriod]] = {device: [] for device in devices}
    named = [device for device in devices if "\0" not in device]
    rows = await connection.fetch(PERIODS, named, from_ms - HOLD_MS, to_ms + HOLD_MS, most + 1)
    if len(rows) > most:
        raise TooManyRows
    for *told, faults in rows:
        period = ToldPeriod._make((*told, faults_of(faults)))
        found[period.device].append(period)
    return found

"""Readings as they stand, by day and by instant, packed or not: what a projector copies."""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

import apsw

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, measures
from storage.projected_days import Measured, day_of, fitting
from storage.projections import MOST_SERIES, WITHDRAWN, SeriesDay, Standing
from storage.sqlite.queries.chunks import Chunks

_SPAN = "SELECT min(first_ts), max(ts) FROM latest"
_HOT_BEFORE = "SELECT max(ts) FROM reading WHERE ts < ?"
# By series, whose chunks are in the order of time: one is looked at of each.
_PACKED_BEFORE = """
SELECT max((
    SELECT last_ts FROM reading_chunk
    WHERE reading_chunk.series = series.series AND first_ts < ? ORDER BY first_ts DESC LIMIT 1
)) FROM series
"""
_COUNTS = """
SELECT series, sum(readings) FROM (
    SELECT series, readings FROM reading_chunk
    WHERE series IN (SELECT value FROM json_each(:series)) AND first_ts >= :first AND first_ts < :end
    UNION ALL
    SELECT series, count(*) FROM reading
    WHERE ts >= :first AND ts < :end AND series IN (SELECT value FROM json_each(:series)) GROUP BY series
)
GROUP BY series
"""
_HOT = """
SELECT series, ts, value, quality FROM reading
WHERE ts >= :first AND ts < :end AND series IN (SELECT value FROM json_each(:series))
"""
_CONTESTED = """
SELECT series, ts FROM reading_contested
WHERE ts >= :first AND ts < :end AND series IN (SELECT value FROM json_each(:series))
"""
_CLAIMED = """
SELECT contested.series, contested.ts, reading.series IS NOT NULL, reading.value, reading.quality
FROM json_each(:instants) AS own
CROSS JOIN reading_contested AS contested
    ON contested.ts = own.value ->> 1 AND contested.series = own.value ->> 0
LEFT JOIN reading ON reading.ts = contested.ts AND reading.series = contested.series
ORDER BY contested.series, contested.ts
"""


def reading_days(connection: apsw.Connection) -> tuple[int, int] | None:
    first, last = connection.execute(_SPAN).fetchone() or (None, None)
    return None if first is None or last is None else (first // DAY_MS, last // DAY_MS)


def reading_day_before(connection: apsw.Connection, day: int) -> int | None:
    before = (day * DAY_MS,)
    found = (connection.execute(_HOT_BEFORE, before).get, connection.execute(_PACKED_BEFORE, before).get)
    moments = [moment for moment in found if moment is not None]
    return max(moments) // DAY_MS if moments else None


def day_of_readings(
    connection: apsw.Connection, day: int, series: Sequence[int], skip_damaged: bool
) -> list[SeriesDay]:
    """The first of ``series`` that fit; raises StoreUnavailable for a damaged chunk."""
    wanted = {"first": day * DAY_MS, "end": (day + 1) * DAY_MS, "series": json.dumps(series[:MOST_SERIES])}
    counts: list[Any] = connection.execute(_COUNTS, wanted).fetchall()
    taken = fitting(series[:MOST_SERIES], dict(counts))
    wanted["series"] = json.dumps(taken)
    hot: dict[int, list[Measured]] = defaultdict(list)
    for each, *measured in connection.execute(_HOT, wanted):
        hot[each].append((measured[0], measured[1], measured[2]))
    contested: dict[int, set[int]] = defaultdict(set)
    for each, ts in connection.execute(_CONTESTED, wanted):
        contested[each].add(ts)
    chunks = Chunks(connection, measures)
    days = []
    for each in taken:
        try:
            packed = [*chunks.samples(each, day * DAY_MS, (day + 1) * DAY_MS)]
        except StoreUnavailable:
            if not skip_damaged:
                raise
            days.append(day_of(each, (), (), ()))
        else:
            days.append(day_of(each, packed, hot.get(each, ()), contested.get(each, ())))
    return days


def contested(connection: apsw.Connection, instants: Sequence[tuple[int, int]]) -> list[Standing]:
    """By series and instant, but for those in damaged chunks."""
    found: list[Any] = connection.execute(_CLAIMED, {"instants": json.dumps(list(set(instants)))}).fetchall()
    packed = _packed(connection, [(row[0], row[1]) for row in found if not row[2]])
    return [
        Standing(series, ts, value, quality) if is_hot else packed[series, ts]
        for series, ts, is_hot, value, quality in found
        if is_hot or (series, ts) in packed
    ]


def _packed(
    connection: apsw.Connection, instants: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Standing]:
    """What chunks hold of ``instants`` (in order), each unpacked once; nothing of those that are damaged."""
    chunks = Chunks(connection, measures)
    found: dict[tuple[int, int], Standing] = {}
    for (series, _), group in groupby(instants, key=lambda each: (each[0], each[1] // DAY_MS)):
        wanted = [ts for _, ts in group]
        with suppress(StoreUnavailable):
            samples = [*chunks.samples(series, wanted[0], wanted[-1] + 1)]
            found |= {(series, ts): Standing(series, ts, None, WITHDRAWN) for ts in wanted}
            found |= {(series, each[0]): Standing(series, each[0], each[2], each[3]) for each in samples}
    return found

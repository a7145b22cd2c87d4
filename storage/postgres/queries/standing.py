"""Readings as they stand, by day and by instant, packed or not: what a projector copies."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

import asyncpg

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, measures
from storage.postgres.entries import columns
from storage.postgres.queries.chunks import Chunks
from storage.projected_days import Measured, day_of, fitting
from storage.projections import MOST_SERIES, WITHDRAWN, SeriesDay, Standing

_SPAN = "SELECT min(first_ts), max(ts) FROM latest"
HOT_BEFORE = "SELECT max(ts) FROM reading WHERE ts < $1"
# By series, whose chunks are in the order of time: one is looked at of each.
PACKED_BEFORE = """
SELECT max(part.last_ts) FROM series
CROSS JOIN LATERAL (
    SELECT last_ts FROM reading_chunk
    WHERE reading_chunk.series = series.series AND first_ts < $1 ORDER BY first_ts DESC LIMIT 1
) AS part
"""
COUNTS = """
SELECT series, sum(readings)::bigint FROM (
    SELECT series, readings FROM reading_chunk
    WHERE series = ANY($3::int[]) AND first_ts >= $1 AND first_ts < $2
    UNION ALL
    SELECT series, count(*) FROM reading
    WHERE ts >= $1 AND ts < $2 AND series = ANY($3::int[]) GROUP BY series
) AS parts
GROUP BY series
"""
HOT = "SELECT series, ts, value, quality FROM reading WHERE ts >= $1 AND ts < $2 AND series = ANY($3::int[])"
CONTESTED = "SELECT series, ts FROM reading_contested WHERE ts >= $1 AND ts < $2 AND series = ANY($3::int[])"
CLAIMED = """
SELECT contested.series, contested.ts, reading.series IS NOT NULL, reading.value, reading.quality
FROM unnest($1::int[], $2::bigint[]) AS own (series, ts)
JOIN reading_contested AS contested ON contested.ts = own.ts AND contested.series = own.series
LEFT JOIN reading ON reading.ts = contested.ts AND reading.series = contested.series
ORDER BY contested.series, contested.ts
"""


async def reading_days(connection: asyncpg.Connection) -> tuple[int, int] | None:
    first, last = await connection.fetchrow(_SPAN) or (None, None)
    return None if first is None or last is None else (first // DAY_MS, last // DAY_MS)


async def reading_day_before(connection: asyncpg.Connection, day: int) -> int | None:
    before = day * DAY_MS
    found = [await connection.fetchval(sql, before) for sql in (HOT_BEFORE, PACKED_BEFORE)]
    moments = [moment for moment in found if moment is not None]
    return int(max(moments) // DAY_MS) if moments else None


async def day_of_readings(
    connection: asyncpg.Connection, day: int, series: Sequence[int], skip_damaged: bool
) -> list[SeriesDay]:
    """The first of ``series`` that fit; raises StoreUnavailable for a damaged chunk."""
    span = (day * DAY_MS, (day + 1) * DAY_MS)
    counts = dict(map(tuple, await connection.fetch(COUNTS, *span, list(series[:MOST_SERIES]))))
    taken = fitting(series[:MOST_SERIES], counts)
    hot: dict[int, list[Measured]] = defaultdict(list)
    for each, ts, value, quality in await connection.fetch(HOT, *span, taken):
        hot[each].append((ts, value, quality))
    contested: dict[int, set[int]] = defaultdict(set)
    for each, ts in await connection.fetch(CONTESTED, *span, taken):
        contested[each].add(ts)
    chunks = Chunks(connection, measures)
    days = []
    for each in taken:
        try:
            packed = await chunks.samples(each, *span)
        except StoreUnavailable:
            if not skip_damaged:
                raise
            days.append(day_of(each, (), (), ()))
        else:
            days.append(day_of(each, packed, hot.get(each, ()), contested.get(each, ())))
    return days


async def contested(connection: asyncpg.Connection, instants: Sequence[tuple[int, int]]) -> list[Standing]:
    """By series and instant, but for those in damaged chunks."""
    found = await connection.fetch(CLAIMED, *columns(list(set(instants)), 2))
    packed = await _packed(connection, [(row[0], row[1]) for row in found if not row[2]])
    return [
        Standing(series, ts, value, quality) if is_hot else packed[series, ts]
        for series, ts, is_hot, value, quality in found
        if is_hot or (series, ts) in packed
    ]


async def _packed(
    connection: asyncpg.Connection, instants: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Standing]:
    """What chunks hold of ``instants`` (in order), each unpacked once; nothing of those that are damaged."""
    chunks = Chunks(connection, measures)
    found: dict[tuple[int, int], Standing] = {}
    for (series, _), group in groupby(instants, key=lambda each: (each[0], each[1] // DAY_MS)):
        wanted = [ts for _, ts in group]
        with suppress(StoreUnavailable):
            samples = await chunks.samples(series, wanted[0], wanted[-1] + 1)
            found |= {(series, ts): Standing(series, ts, None, WITHDRAWN) for ts in wanted}
            found |= {(series, each[0]): Standing(series, each[0], each[2], each[3]) for each in samples}
    return found

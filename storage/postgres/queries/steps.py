"""Figures of steps: from packed hours where they are the answer, else from readings (storage/rollup.py)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import asyncpg

from storage.chunks import DAY_MS, Sample, merge
from storage.curves import Curve
from storage.postgres.queries.chunks import Chunks
from storage.readings import Series, curve_of, days_to_read
from storage.rollup import HOUR_MS, Figures, by_step, hours_between, hours_to_read, of_hours, unpack_day

_HOT = """
SELECT series, ts, number, value, quality, lag_ms, extra FROM reading
WHERE ts >= $1 AND ts < $2 AND series = ANY($3::int[]) ORDER BY ts
"""
_HOURS = """
SELECT series, day, figures FROM reading_hour WHERE series = ANY($1::int[]) AND day >= $2 AND day <= $3
"""

Span = tuple[int, int]
Days = dict[int, bytes]


async def figures(
    connection: asyncpg.Connection, series: list[int], span: Span, step_ms: int
) -> dict[int, dict[int, Figures]]:
    """Of each series, the steps (by their start) of what lies in ``span``."""
    hot = await _hot(connection, series, span)
    chunks = Chunks(connection)
    if step_ms % HOUR_MS:
        return {
            each: by_step(merge(await chunks.samples(each, *span), hot[each]), step_ms) for each in series
        }
    days = await _days(connection, series, span)
    return {
        each: of_hours(await _hours(chunks, each, days[each], hot[each], span), step_ms) for each in series
    }


async def curve(
    connection: asyncpg.Connection, series: Mapping[int, Series], span: Span, step_ms: int
) -> list[Curve]:
    """The same as columns; whole days of hours are not even made rows of."""
    if step_ms != HOUR_MS:
        found = await figures(connection, list(series), span, step_ms)
        return [curve_of(series[each], steps) for each, steps in found.items()]
    hot = await _hot(connection, list(series), span)
    days = await _days(connection, list(series), span)
    chunks = Chunks(connection)
    return [await _hourly(chunks, each, names, days[each], hot[each], span) for each, names in series.items()]


async def _hourly(
    chunks: Chunks, series: int, names: Series, days: Days, hot: list[Sample], span: Span
) -> Curve:
    again = days_to_read(hot, span)
    mixed = {day: packed for day, packed in days.items() if day in again}
    steps = await _hours(chunks, series, mixed, hot, span)
    return curve_of(names, steps, {day: packed for day, packed in days.items() if day not in again})


async def _hours(
    chunks: Chunks, series: int, days: Days, hot: list[Sample], span: Span
) -> dict[int, Figures]:
    stored: dict[int, Figures] = {}
    for day, packed in days.items():
        stored.update(unpack_day(day, packed))
    again = hours_to_read(stored, hot, *span)
    cold: list[Sample] = []
    for start in again:
        cold += await chunks.samples(series, start, start + HOUR_MS)
    return hours_between(stored, merge(cold, hot), again, span)


async def _hot(connection: asyncpg.Connection, series: Iterable[int], span: Span) -> dict[int, list[Sample]]:
    found: dict[int, list[Sample]] = defaultdict(list)
    for each, *sample in await connection.fetch(_HOT, *span, list(series)):
        found[each].append(tuple(sample))
    return found


async def _days(connection: asyncpg.Connection, series: Iterable[int], span: Span) -> dict[int, Days]:
    first, end = span[0] // DAY_MS, (span[1] - 1) // DAY_MS
    found: dict[int, Days] = defaultdict(dict)
    for each, day, packed in await connection.fetch(_HOURS, list(series), first, end):
        found[each][day] = packed
    return found

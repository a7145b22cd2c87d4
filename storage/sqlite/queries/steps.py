"""Figures of steps: from packed hours where they are the answer, else from readings (storage/rollup.py)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import apsw

from storage.chunks import DAY_MS, Sample, measures, merge
from storage.curves import Curve
from storage.readings import Series, curve_of, days_to_read
from storage.rollup import HOUR_MS, Figures, by_step, hours_between, hours_to_read, of_hours, unpack_day
from storage.sqlite.queries.chunks import Chunks

_HOT = """
SELECT series, ts, 0, value, quality, 0, NULL FROM reading
WHERE ts >= ? AND ts < ? AND series IN (SELECT value FROM json_each(?)) ORDER BY ts
"""
_HOURS = """
SELECT series, day, figures FROM reading_hour
WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day <= ?
"""

Span = tuple[int, int]
Days = dict[int, bytes]


def figures(
    connection: apsw.Connection, series: list[int], span: Span, step_ms: int
) -> dict[int, dict[int, Figures]]:
    """Of each series, the steps (by their start) of what lies in ``span``."""
    hot = _hot(connection, series, span)
    chunks = Chunks(connection, measures)
    if step_ms % HOUR_MS:
        return {
            each: by_step(merge(list(chunks.samples(each, *span)), hot[each]), step_ms) for each in series
        }
    days = _days(connection, series, span)
    return {each: of_hours(_hours(chunks, each, days[each], hot[each], span), step_ms) for each in series}


def curve(connection: apsw.Connection, series: Mapping[int, Series], span: Span, step_ms: int) -> list[Curve]:
    """The same as columns; whole days of hours are not even made rows of."""
    if step_ms != HOUR_MS:
        found = figures(connection, list(series), span, step_ms)
        return [curve_of(series[each], steps) for each, steps in found.items()]
    hot = _hot(connection, list(series), span)
    days = _days(connection, list(series), span)
    chunks = Chunks(connection, measures)
    return [_hourly(chunks, each, names, days[each], hot[each], span) for each, names in series.items()]


def _hourly(chunks: Chunks, series: int, names: Series, days: Days, hot: list[Sample], span: Span) -> Curve:
    again = days_to_read(hot, span)
    mixed = {day: packed for day, packed in days.items() if day in again}
    steps = _hours(chunks, series, mixed, hot, span)
    return curve_of(names, steps, {day: packed for day, packed in days.items() if day not in again})


def _hours(chunks: Chunks, series: int, days: Days, hot: list[Sample], span: Span) -> dict[int, Figures]:
    stored: dict[int, Figures] = {}
    for day, packed in days.items():
        stored.update(unpack_day(day, packed))
    again = hours_to_read(stored, hot, *span)
    cold: list[Sample] = []
    for start in again:
        cold += chunks.samples(series, start, start + HOUR_MS)
    return hours_between(stored, merge(cold, hot), again, span)


def _hot(connection: apsw.Connection, series: Iterable[int], span: Span) -> dict[int, list[Sample]]:
    found: dict[int, list[Sample]] = defaultdict(list)
    rows: Any = connection.execute(_HOT, (*span, json.dumps(list(series))))
    for each, *sample in rows:
        found[each].append(tuple(sample))
    return found


def _days(connection: apsw.Connection, series: Iterable[int], span: Span) -> dict[int, Days]:
    first, end = span[0] // DAY_MS, (span[1] - 1) // DAY_MS
    found: dict[int, Days] = defaultdict(dict)
    rows: Any = connection.execute(_HOURS, (json.dumps(list(series)), first, end))
    for each, day, packed in rows:
        found[each][day] = packed
    return found

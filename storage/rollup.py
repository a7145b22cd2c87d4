"""Figures of hours and steps: count, least, greatest and sum of the readings that are not BAD.

Every figure comes from readings, never from a figure to which something was added, so a duplicate
cannot count twice. Sums are rounded once (math.fsum), so the order of readings does not matter.
A step of whole hours is made of its hours' figures, whether these were stored or made just now: the
answer is the same, to the bit, before and after compaction and in every dialect.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import fsum
from sys import float_info
from typing import NamedTuple

from storage.chunks import DAY_MS, Sample

HOUR_MS = 3600 * 1000
HOURS_A_DAY = 24
BAD = 2  # its place in storage.instants.QUALITIES
# Columns of a packed day: hour of the day u8, count u32, least, greatest and sum f64.
_HOUR_BYTES = 1 + 4 + 3 * 8
_DAYS = [struct.Struct(f"<{hours}B{hours}I{3 * hours}d") for hours in range(HOURS_A_DAY + 1)]
# What a sum of finite readings may not exceed, so that every answer is a number.
_LARGEST = float_info.max


Floats = tuple[float, ...]


class Figures(NamedTuple):
    """Of the readings of an hour or a step that are not BAD and have a value: at least one."""

    readings: int
    least: float
    greatest: float
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.readings


def figures(values: Sequence[float]) -> Figures:
    """Of at least one finite value."""
    return Figures(len(values), min(values) + 0.0, max(values) + 0.0, _sum(values))


def combined(parts: Sequence[Figures]) -> Figures:
    """Of a step that is made of these hours."""
    if len(parts) == 1:
        return parts[0]
    counts, least, greatest, totals = zip(*parts, strict=True)
    return Figures(sum(counts), min(least), max(greatest), _sum(totals))


def by_step(samples: Iterable[Sample], step_ms: int) -> dict[int, Figures]:
    """Start of each step (aligned to 1970-01-01T00:00Z) and its figures."""
    values: dict[int, list[float]] = defaultdict(list)
    for ts, _, value, quality, _, _ in samples:
        if value is not None and quality != BAD:
            values[ts - ts % step_ms].append(value)
    return {start: figures(each) for start, each in values.items()}


def of_hours(hours: Mapping[int, Figures], step_ms: int) -> dict[int, Figures]:
    """Steps of whole hours, from the start of each hour and its figures."""
    if step_ms == HOUR_MS:
        return dict(hours)
    parts: dict[int, list[Figures]] = defaultdict(list)
    for start in sorted(hours):
        parts[start - start % step_ms].append(hours[start])
    return {start: combined(each) for start, each in parts.items()}


def steps(samples: Iterable[Sample], step_ms: int) -> dict[int, Figures]:
    """The figures of each step, by the rule of this module, from readings alone."""
    if step_ms % HOUR_MS:
        return by_step(samples, step_ms)
    return of_hours(by_step(samples, HOUR_MS), step_ms)


def pack_day(hours: Mapping[int, Figures]) -> bytes:
    """The figures of the hours of one UTC day, by their starts: a row of ``reading_hour``."""
    starts = sorted(hours)
    columns = zip(*(hours[start] for start in starts), strict=True)
    return _DAYS[len(starts)].pack(*(start % DAY_MS // HOUR_MS for start in starts), *chain(*columns))


def unpack_day(day: int, packed: bytes) -> dict[int, Figures]:
    """What ``pack_day`` was given; ``day`` counts from 1970-01-01."""
    first = day * DAY_MS
    hours, *columns = columns_of_day(packed)
    return {
        first + hour * HOUR_MS: Figures(*each)
        for hour, each in zip(hours, zip(*columns, strict=True), strict=True)
    }


def columns_of_day(packed: bytes) -> tuple[tuple[int, ...], tuple[int, ...], Floats, Floats, Floats]:
    """Hours of the day, counts, least, greatest and sums of a packed day: for answers with many hours."""
    n = len(packed) // _HOUR_BYTES
    flat = _DAYS[n].unpack(packed)
    return flat[:n], flat[n : 2 * n], flat[2 * n : 3 * n], flat[3 * n : 4 * n], flat[4 * n :]


def hours_to_read(
    stored: Mapping[int, Figures], hot: Iterable[Sample], first_ms: int, end_ms: int
) -> list[int]:
    """Starts of the hours in [first, end) whose stored figure is not the answer.

    Those of which only a part is wanted, and those that have rows outside chunks. Hours without a
    stored figure have no readings in chunks that count.
    """
    edges = {moment - moment % HOUR_MS for moment in (first_ms, end_ms) if moment % HOUR_MS}
    hot_hours = {sample[0] - sample[0] % HOUR_MS for sample in hot}
    return sorted((edges | hot_hours) & stored.keys())


def hours_between(
    stored: Mapping[int, Figures], reread: Iterable[Sample], to_read: Iterable[int], span: tuple[int, int]
) -> dict[int, Figures]:
    """Figures of the hours in ``span``; ``reread``: all hot rows, and those in chunks of ``to_read``."""
    first_ms, end_ms = span
    again = set(to_read)
    kept = {
        start: each
        for start, each in stored.items()
        if first_ms <= start and start + HOUR_MS <= end_ms and start not in again
    }
    inside = (sample for sample in reread if first_ms <= sample[0] < end_ms)
    kept.update(by_step(inside, HOUR_MS))
    return kept


def _sum(values: Sequence[float]) -> float:
    try:
        return fsum(values) + 0.0
    except OverflowError:  # near 1.8e308 it depends on their order whether a part of the sum is too large
        return _exact_sum(values)


def _exact_sum(values: Sequence[float]) -> float:
    """Rounded once as well; what no float holds is the largest there is."""
    from fractions import Fraction  # hardly ever needed

    exact = sum(map(Fraction, values))
    try:
        return float(exact)
    except OverflowError:
        return _LARGEST if exact > 0 else -_LARGEST

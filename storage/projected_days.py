"""A day of readings as a projector gets it: pure, shared by both dialects (storage.projections)."""

from array import array
from collections.abc import Collection, Mapping, Sequence
from math import nan

from storage.chunks import Sample
from storage.projections import MOST_READINGS, WITHDRAWN, SeriesDay

Measured = tuple[int, float | None, int]  # ts, value, quality


def fitting(series: Sequence[int], counts: Mapping[int, int]) -> list[int]:
    """The first of ``series`` whose readings are not too many together; one at least."""
    readings = 0
    for place, each in enumerate(series):
        readings += counts.get(each, 0)
        if place and readings > MOST_READINGS:
            return list(series[:place])
    return list(series)


def day_of(
    series: int, packed: Sequence[Sample], hot: Sequence[Measured], contested: Collection[int]
) -> SeriesDay:
    """``packed`` in order, hidden by ``hot``; ``contested`` instants that have neither are withdrawn."""
    if not hot and not contested:
        return _plain(series, packed)
    standing: dict[int, tuple[float | None, int]] = {ts: (value, mark) for ts, _, value, mark, *_ in packed}
    standing.update((ts, (value, mark)) for ts, value, mark in hot)
    for ts in contested:
        standing.setdefault(ts, (None, WITHDRAWN))
    instants = sorted(standing)
    found = [standing[ts] for ts in instants]
    values = array("d", [nan if value is None else value for value, _ in found])
    return SeriesDay(
        series, array("q", instants), values, bytes(mark for _, mark in found), frozenset(contested)
    )


def _plain(series: int, packed: Sequence[Sample]) -> SeriesDay:
    values = array("d", [nan if sample[2] is None else sample[2] for sample in packed])
    marks = bytes(sample[3] for sample in packed)
    return SeriesDay(series, array("q", [sample[0] for sample in packed]), values, marks, frozenset())

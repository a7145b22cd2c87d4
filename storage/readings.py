"""Readings as the API gives them: rows, steps and curves; the same for every dialect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge as merge_sorted
from itertools import islice
from operator import itemgetter, truediv
from typing import Any, NamedTuple

from hub.events import format_time
from hub.identity import id_text
from hub.payloads import Reading
from storage.chunks import DAY_MS, Sample
from storage.contract import ReadingFilter, Row, TooManyRows
from storage.cursors import decode
from storage.curves import Curve
from storage.incidents import Measured
from storage.instants import QUALITIES, unpack
from storage.rollup import HOUR_MS, HOURS_A_DAY, Figures, columns_of_day

READINGS_KIND = "readings"
STEPS_KIND = "steps"
BEGINNING = (-(2**63), 0)
MOST_DEVICES = 200
LONGEST_STEP_MS = 366 * DAY_MS
# A year of hours of 23 series, about 10 MB of JSON.
MOST_CURVE_STEPS = 200_000

Placed = tuple[int, int, Sample]  # ts, series and the sample: the order of lists
Step = tuple[int, int, Figures]  # start, series and its figures: the order of lists


class Series(NamedTuple):
    """One metric of a device; ``unit`` is that of its values."""

    site: str
    edge: str
    device: str
    metric: str
    unit: str


class Scope(NamedTuple):
    """The series that a filter names, and the range of instants in which they have readings."""

    series: dict[int, Series]
    first: int
    end: int

    @classmethod
    def of(cls, found: Sequence[Sequence[Any]], wanted: ReadingFilter) -> "Scope":
        """``found``: series, its five names, its first and its last instant."""
        if not found:
            return cls({}, 0, 0)
        # Whole days: hours whose readings are gone are answered only where all of them is wanted.
        first, end = min(row[6] for row in found), max(row[7] for row in found)
        first, end = first - first % DAY_MS, end - end % DAY_MS + DAY_MS
        return cls(
            {row[0]: Series(*row[1:6]) for row in found},
            first if wanted.from_ms is None else max(first, wanted.from_ms),
            end if wanted.to_ms is None else min(end, wanted.to_ms),
        )

    def require_curves(self, step_ms: int) -> None:
        """Raises TooManyRows."""
        if (self.end - self.first) // step_ms * len(self.series) > MOST_CURVE_STEPS:
            raise TooManyRows(f"more than {MOST_CURVE_STEPS} steps: ask for a shorter range or longer steps")


def devices_of(wanted: ReadingFilter) -> list[str]:
    """Raises TooManyRows."""
    devices = [wanted.device] if isinstance(wanted.device, str) else list(wanted.device)
    if len(devices) > MOST_DEVICES:
        raise TooManyRows(f"more than {MOST_DEVICES} devices")
    return devices


def step_of(wanted: ReadingFilter) -> int:
    """Milliseconds; ValueError where there is none, or none of 1 ms to 366 days."""
    if wanted.step_ms is None or not 1 <= wanted.step_ms <= LONGEST_STEP_MS:
        raise ValueError("step_ms is 1 ms to 366 days")
    return wanted.step_ms


def after_cursor(kind: str, cursor: str | None) -> tuple[int, int]:
    """Instant and series of the last row that was given; raises BadCursor."""
    ts, series = decode(kind, cursor, (int, int)) if cursor is not None else BEGINNING
    return int(ts), int(series)


def listed(curves: Iterable[Curve]) -> list[Curve]:
    """Those that have figures, by device, metric and site."""
    found = [each for each in curves if each.time_ms]
    return sorted(found, key=lambda each: (each.device, each.metric, each.site, each.edge, each.unit))


def in_order(sources: Iterable[Iterable[Placed]], most: int) -> list[Placed]:
    """The first of several ordered lists; where two have an instant of a series, the earlier list's."""
    lists = [source for source in sources if not isinstance(source, list) or source]
    if len(lists) == 1:
        return list(islice(lists[0], most))
    return list(islice(_once(merge_sorted(*lists, key=itemgetter(0, 1))), most))


def _once(placed: Iterable[Placed]) -> Iterator[Placed]:
    last: tuple[int, int] | None = None
    for one in placed:
        if one[:2] != last:
            yield one
        last = one[:2]


def measured(
    scope: Scope, placed: Iterable[Placed], contests: Iterable[tuple[int, int, float | None, int]], end: int
) -> list[Measured]:
    """Every claim before ``end``: what stands, and what contests it (instant, series, value, quality)."""
    standing = [(ts, series, sample[2], sample[3]) for ts, series, sample in placed]
    return [
        Measured(ts, value, scope.series[series].unit, QUALITIES[quality], scope.series[series].device)
        for ts, series, value, quality in sorted([*standing, *contests], key=itemgetter(0))
        if ts < end
    ]


def reading_row(series: Series, sample: Sample, event_id: bytes | None) -> Row:
    """``id`` is None once the log has let go of the reading's event (7 days)."""
    site, edge, device, metric, unit = series
    ts, _, value, quality, lag_ms, extra = sample
    reason, raw_value, raw_unit, sequence = unpack(value, extra, unit)
    return {
        "id": None if event_id is None else id_text(event_id),
        "type": Reading.TYPE,
        "site": site,
        "device": device,
        "time": format_time(ts),
        "received": format_time(ts + lag_ms),
        "edge": edge,
        "metric": metric,
        "value": value,
        "unit": unit,
        "raw_value": raw_value,
        "raw_unit": raw_unit,
        "quality": QUALITIES[quality],
        "reason": reason,
        "sequence": sequence,
    }


def step_row(series: Series, start: int, figures: Figures) -> Row:
    """One step of a series."""
    return {
        "id": None,
        "type": Reading.TYPE,
        "site": series.site,
        "device": series.device,
        "time": format_time(start),
        "received": None,
        "edge": series.edge,
        "metric": series.metric,
        "unit": series.unit,
        "min": figures.least,
        "max": figures.greatest,
        "mean": figures.mean,
        "count": figures.readings,
    }


def days_to_read(hot: Iterable[Sample], span: tuple[int, int]) -> set[int]:
    """Days in ``span`` whose packed figures are not the whole answer, counted from 1970-01-01."""
    edges = {moment // DAY_MS for moment in span if moment % DAY_MS}
    return edges | {sample[0] // DAY_MS for sample in hot}


def curve_of(series: Series, steps: Mapping[int, Figures], packed: Mapping[int, bytes] = {}) -> Curve:
    """Steps by their start as columns, with the hours of other days as ``reading_hour`` has them."""
    curve = Curve(*series)
    by_day: dict[int, list[int]] = {}
    for start in sorted(steps):
        by_day.setdefault(start // DAY_MS, []).append(start)
    for day in sorted(packed.keys() | by_day.keys()):
        if day in by_day:
            _extend(curve, [(start, steps[start]) for start in by_day[day]])
        else:
            _extend_packed(curve, day, packed[day])
    return curve


def _extend(curve: Curve, steps: list[tuple[int, Figures]]) -> None:
    for start, figures in steps:
        curve.time_ms.append(start)
        curve.min.append(figures.least)
        curve.max.append(figures.greatest)
        curve.mean.append(figures.mean)
        curve.count.append(figures.readings)


def _extend_packed(curve: Curve, day: int, packed: bytes) -> None:
    hours, counts, least, greatest, totals = columns_of_day(packed)
    first = day * DAY_MS
    whole = len(hours) == HOURS_A_DAY
    curve.time_ms.extend(
        range(first, first + DAY_MS, HOUR_MS) if whole else [first + hour * HOUR_MS for hour in hours]
    )
    curve.min.extend(least)
    curve.max.extend(greatest)
    curve.mean.extend(map(truediv, totals, counts))
    curve.count.extend(counts)

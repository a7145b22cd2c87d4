"""Readings: day after day, series after series, oldest first, packed or not."""

from collections.abc import AsyncIterator, Mapping

from storage.chunks import Sample
from storage.exporting.columns import PLACE, Row, fitting, integer, number, text, time
from storage.exporting.moment import Moment, rows_of
from storage.exporting.placed_readings import days_of_readings
from storage.exporting.window import Window
from storage.instants import QUALITIES, unpack
from storage.readings import Series

_HOT = "SELECT count(*) FROM reading WHERE ts >= $1 AND ts < $2"
_PACKED = "SELECT coalesce(sum(readings), 0) FROM reading_chunk WHERE last_ts >= $1 AND first_ts < $2"
_SERIES = "SELECT series, site, edge, device, metric, unit FROM series ORDER BY series"


_COLUMNS = (
    time("time", "of the reading"),
    time("received", "when the edge had it"),
    *PLACE,
    text("metric", "what is measured: `temp.vaccine`, `humidity.vaccine`, `door.open` …"),
    text("unit", "of `value` (UCUM): `Cel`, `%` …"),
    number("value", "empty: the probe did not measure"),
    text("quality", "`GOOD`; `UNCERTAIN`, not to be relied on; `BAD`, no reading"),
    text("reason", "why it is not GOOD: a code"),
    number("raw_value", "as the device gave it, where it was a number"),
    text("raw_text", "as the device gave it, where it was none"),
    text("raw_unit", "of the raw value"),
    integer("sequence", "the device's own counter"),
)


class Readings:
    """One row for each series (site, edge, device, metric, unit) and instant: the value that stands."""

    name = "readings"
    about = "Readings that stand: by UTC day, within it series after series, oldest first."
    time = "time"
    columns = _COLUMNS

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        series = await series_of(moment)
        async for placed in days_of_readings(moment, list(series), window):
            yield [_row(series[each], sample) for each, sample in placed]

    async def total(self, moment: Moment, window: Window) -> int:
        bounds = (window.from_ms, window.to_ms)
        return int(await moment.one(_HOT, bounds)) + int(await moment.one(_PACKED, bounds))


async def series_of(moment: Moment) -> Mapping[int, Series]:
    """Every series by its number."""
    return {row[0]: Series(*row[1:]) for row in await rows_of(moment, _SERIES)}


def _row(series: Series, sample: Sample) -> Row:
    site, edge, device, metric, unit = series
    ts, _, value, quality, lag_ms, extra = sample
    reason, raw, raw_unit, sequence = unpack(value, extra, unit)
    worded = isinstance(raw, str)
    return (
        ts, ts + lag_ms, site, edge, device, metric, unit, value, QUALITIES[quality], reason,
        None if worded else raw, raw if worded else None, raw_unit,
        fitting(sequence),
    )  # fmt: skip


TABLES = (Readings(),)

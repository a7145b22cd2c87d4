"""``epihub_reading``: what a probe measured. One that is GOOD and that nobody contests has its value only.

Where an instant is contested, was withdrawn or is not GOOD, its quality is said: what was sent before is
written over.
"""

from array import array
from collections.abc import Iterator, Sequence
from math import isfinite

from hub.payloads import Reading
from storage.influx.lines import EARLIEST_MS, LATEST_MS, SeriesPrefixes, instant, number
from storage.influx.measurements.measurement import Field, Told
from storage.instants import QUALITIES

NAME = "epihub_reading"
TYPES = frozenset({Reading.TYPE})
TAGS = ("site", "edge", "device", "metric", "unit")
FIELDS = (Field("value", "float"), Field("quality", "integer"))
GOOD, UNCERTAIN, BAD, WITHDRAWN = range(4)


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """The reading as its event tells it; none for one that is GOOD and has no value."""
    told = source.payload
    assert isinstance(told, Reading)
    prefix = series.of((source.site, source.edge, source.device, told.metric, told.unit))
    line = point(prefix, source.time_ms, told.value, QUALITIES.index(told.quality))
    if line is not None:
        yield line


def point(prefix: str, ts: int, value: float | None, quality: int, *, contested: bool = False) -> str | None:
    """One reading; ``quality``: index of QUALITIES, or WITHDRAWN. None: it has nothing to say.

    ``contested``: others claim the instant, and one of them may have been sent. Raises UnwritableError.
    """
    if quality == GOOD and not contested:
        if value is None:
            return None
        # What number() and instant() would say, in half the time; what they refuse goes on to them.
        if value - value == 0 and EARLIEST_MS <= ts <= LATEST_MS:
            return f"{prefix}value={float(value)} {ts}"
    has_value = value is not None and quality < BAD
    written = f"value={number(float(value))}," if has_value and value is not None else ""
    return f"{prefix}{written}quality={quality}i {instant(ts)}"


def lines_of_series(prefix: str, ts: Sequence[int], values: "array[float]", qualities: bytes) -> list[str]:
    """Readings of one series as they stand, oldest first; NaN: no value. Raises UnwritableError."""
    if not len(ts):
        return []
    # A sum is finite only if all are: then nothing needs a look of its own.
    if not any(qualities) and isfinite(sum(values)):
        instant(ts[0]), instant(ts[-1])
        return [f"{prefix}value={value} {at}" for at, value in zip(ts, values, strict=True)]
    found = (
        point(prefix, at, None if value != value else value, quality)
        for at, value, quality in zip(ts, values, qualities, strict=True)
    )
    return [line for line in found if line is not None]

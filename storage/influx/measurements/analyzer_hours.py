"""``epihub_analyzer_hour``: current results by analyzer and hour of observation, as the store has them."""

from collections.abc import Iterator

from storage.gates import HOUR_MS
from storage.influx.lines import SeriesPrefixes, line_of
from storage.influx.measurements.measurement import Field
from storage.projections import AnalyzerHour

NAME = "epihub_analyzer_hour"
TYPES: frozenset[str] = frozenset()
TAGS = ("site", "device", "call")
FIELDS = (Field("results", "integer"),)


def lines(source: AnalyzerHour, series: SeriesPrefixes) -> Iterator[str]:
    """One line, also where there are none any more; at the hour's start."""
    prefix = series.of((source.key.site, source.key.device, source.call))
    line = line_of(prefix, {"results": source.results}, source.key.hour * HOUR_MS)
    if line is not None:
        yield line

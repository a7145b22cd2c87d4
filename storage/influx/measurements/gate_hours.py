"""``epihub_gate_hour``: what a gate counted in an hour, as the store has it now."""

from collections.abc import Iterator

from storage.gates import COUNTED, HOUR_MS
from storage.influx.lines import SeriesPrefixes, line_of
from storage.influx.measurements.measurement import Field
from storage.projections import GateHourRow

NAME = "epihub_gate_hour"
TYPES: frozenset[str] = frozenset()
TAGS = ("site", "edge", "device", "zone")
FIELDS = tuple(Field(name, "integer") for name in COUNTED)


def lines(source: GateHourRow, series: SeriesPrefixes) -> Iterator[str]:
    """One line with all counts, also where all are 0; at the hour's start."""
    *names, hour = source.key
    counts = dict(zip(COUNTED, source.counts, strict=True))
    line = line_of(series.of((*map(str, names),)), counts, hour * HOUR_MS)
    if line is not None:
        yield line

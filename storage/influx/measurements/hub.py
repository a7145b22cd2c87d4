"""``epihub_hub``: figures of the hub itself, sampled."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements.measurement import Field

NAME = "epihub_hub"
TYPES: frozenset[str] = frozenset()
TAGS = ("hub", "part")
FIELDS = (
    Field("state", "integer"),
    Field("waiting", "integer"),
    Field("last_number", "integer"),
    Field("info", "integer"),
    Field("warning", "integer"),
    Field("critical", "integer"),
    Field("used_bytes", "integer"),
    Field("free_bytes", "integer"),
    Field("backlog", "integer"),
    Field("lag_seconds", "float"),
)
STATES = {"ok": 0, "degraded": 1, "down": 2}


class HubSample(NamedTuple):
    """Figures at one moment, by part and field (one of FIELDS): ``{"spool": {"waiting": 3}, …}``.

    Parts: a component of /readyz (``state``), ``spool`` (waiting, used_bytes), ``log`` (last_number),
    ``incidents`` (info, warning, critical: open ones), ``quarantine`` (waiting), ``store`` (used_bytes),
    ``disk`` (free_bytes), ``projection.<name>`` (backlog, lag_seconds).
    """

    at_ms: int
    hub: str
    parts: Mapping[str, Mapping[str, float]]


def lines(source: HubSample, series: SeriesPrefixes) -> Iterator[str]:
    """One line a part; raises UnwritableError also for a figure that is none of FIELDS."""
    raise NotImplementedError
    yield ""

"""``epihub_hub``: figures of the hub itself, sampled."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from storage.influx.lines import SeriesPrefixes, UnwritableError, lines_of_all
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
STATES: Final = {"ok": 0, "degraded": 1, "down": 2}
_KINDS = {field.name: field.kind for field in FIELDS}


class HubSample(NamedTuple):
    """Figures at one moment, by part and field (one of FIELDS): ``{"spool": {"waiting": 3}, …}``.

    Parts: a component of /readyz (``state``), ``spool`` (waiting, used_bytes), ``log`` (last_number),
    ``incidents`` (info, warning, critical: open ones), ``quarantine`` (waiting), ``store`` (used_bytes),
    ``disk`` (free_bytes), ``projection.<name>`` (backlog, lag_seconds).
    """

    at_ms: int
    hub: str
    parts: Mapping[str, Mapping[str, float | None]]


def lines(source: HubSample, series: SeriesPrefixes) -> Iterator[str]:
    """One line a part; raises UnwritableError also for a figure that is none of FIELDS."""
    made = (((source.hub, part), _of_their_kinds(figures)) for part, figures in source.parts.items())
    return lines_of_all(made, series, source.at_ms)


def _of_their_kinds(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    """In the order of FIELDS, each of its kind: a server keeps the kind it met first."""
    if not figures.keys() <= _KINDS.keys():
        raise UnwritableError("field.unknown")
    return {name: _of_kind(kind, figures[name]) for name, kind in _KINDS.items() if name in figures}


def _of_kind(kind: str, figure: float | None) -> float | None:
    if figure is None or figure != figure:
        return None
    return float(figure) if kind == "float" else round(figure)

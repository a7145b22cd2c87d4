"""Readings and figures of steps as rows ready for JSON."""

from typing import NamedTuple

from hub.events import format_time
from hub.identity import id_text
from hub.payloads import Reading
from storage.contract import Row
from storage.instants import QUALITIES, Content, unpack


class Series(NamedTuple):
    """One metric of a device; ``unit`` is that of its values."""

    site: str
    edge: str
    device: str
    metric: str
    unit: str


def reading_row(series: Series, ts: int, content: Content, lag_ms: int, event_id: bytes | None) -> Row:
    """``id`` is None once the log has let go of the reading's event (7 days)."""
    extra = unpack(content, series.unit)
    return {
        "id": None if event_id is None else id_text(event_id),
        "type": Reading.TYPE,
        "site": series.site,
        "device": series.device,
        "time": format_time(ts),
        "received": format_time(ts + lag_ms),
        "edge": series.edge,
        "metric": series.metric,
        "value": content.value,
        "unit": series.unit,
        "raw_value": extra.raw_value,
        "raw_unit": extra.raw_unit,
        "quality": QUALITIES[content.quality],
        "reason": extra.reason,
        "sequence": extra.sequence,
    }


def step_row(series: Series, start: int, least: float, greatest: float, mean: float, count: int) -> Row:
    """Figures of the readings of one step that are not BAD."""
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
        "min": least,
        "max": greatest,
        "mean": mean,
        "count": count,
    }

"""What pages of the log are made of, for tests: events as the log has them; a server that keeps points."""

from collections.abc import Iterable, Mapping

import msgspec

from hub.events import Event, encode_event, format_time
from hub.payloads import Payload
from storage.contract import LoggedEvent
from storage.influx.pages import Line
from tests.influx.line_parser import parse

SITE, EDGE = "bv-thong-nhat", "edge-1"

Key = tuple[str, tuple[tuple[str, str], ...], int]


def logged(number: int, device: str, time_ms: int, payload: Payload, *, site: str = SITE) -> LoggedEvent:
    """The event as an edge tells it."""
    event = Event(
        specversion="1.0",
        id=f"01a20098-7080-8fcf-b06c-{number:012x}",
        source=f"/{site}/{EDGE}/{device}",
        type=payload.TYPE,
        subject="key",
        time=format_time(time_ms),
        datacontenttype="application/json",
        site=site,
        edge=EDGE,
        received=format_time(time_ms + 500),
        timesource="observation",
        data=msgspec.Raw(msgspec.json.encode(payload)),
        epoch="5f0c2a9be1d34477",
        seq=number,
    )
    return LoggedEvent(number, payload.TYPE, encode_event(event))


class KeptPoints:
    """A server as both are: of one series and instant a field has the value that was written last."""

    def __init__(self) -> None:
        self.points: dict[Key, dict[str, float]] = {}

    def write(self, lines: Iterable[Line]) -> None:
        for line in lines:
            read = parse(line.text)
            key = read.measurement, tuple(sorted(read.tags.items())), read.time
            self.points.setdefault(key, {}).update(read.fields)

    def of(self, measurement: str, tags: Mapping[str, str], time_ms: int) -> dict[str, float]:
        """Fields of one point; empty: there is none."""
        return self.points.get((measurement, tuple(sorted(tags.items())), time_ms), {})

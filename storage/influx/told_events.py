"""What an event of the log tells a measurement: its payload and a few fields of its envelope."""

from typing import Generic, TypeVar

import msgspec

from hub.events import parse_time
from hub.payloads import BY_TYPE, Payload
from storage.contract import LoggedEvent
from storage.influx.lines import UnwritableError
from storage.influx.measurements import event_types
from storage.influx.measurements.measurement import Told

P = TypeVar("P", bound=Payload)


class _Envelope(msgspec.Struct, Generic[P], frozen=True):
    """Of hub.events.Event what lines need: decoding all of it costs twice as much."""

    site: str
    edge: str
    source: str
    time: str
    data: P


_DECODERS = {
    name: msgspec.json.Decoder(_Envelope[BY_TYPE[name]])  # type: ignore[valid-type]
    for name in event_types()
}


def told_by(event: LoggedEvent) -> Told:
    """Of an event of a type in ``event_types()``; raises UnwritableError where nobody can read it."""
    try:
        envelope = _DECODERS[event.type].decode(event.body)
        time_ms = parse_time(envelope.time)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        raise UnwritableError("event.undecodable") from error
    device = envelope.source.rpartition("/")[2]
    return Told(envelope.site, envelope.edge, device, time_ms, envelope.data)

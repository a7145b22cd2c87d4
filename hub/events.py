"""The envelope: CloudEvents 1.0 in structured JSON (the one form MQTT 3.1.1 allows), and its topics.

An event is encoded once, at the edge, without ``epoch`` and ``seq``: the relay splices them in
before the last brace, so that it never decodes, and a body that nobody can decode still moves the
watermark (``trailer`` reads them from the end).
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from zlib import crc32

import msgspec

from hub.payloads import BY_TYPE, Payload

PARTITIONS = 16
LARGEST_EVENT_BYTES = 256 * 1024
UNATTRIBUTED = "unattributed"  # the device level of events whose device is not known

_TRAILER = re.compile(rb',"epoch":"([0-9a-f]{16})","seq":([0-9]{1,10})\}\s*$')
_FIRST_DAY = date(1970, 1, 1)
_LEVEL = re.compile(r"[a-z0-9_-]{1,64}\Z")


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event. Times are RFC 3339 in UTC with milliseconds; ``source`` is /site/edge/device."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    site: str
    edge: str
    received: str
    timesource: str
    data: msgspec.Raw
    capture: str = ""
    part: int = -1
    supersedes: str = ""
    epoch: str = ""
    seq: int = 0

    @property
    def device(self) -> str:
        return self.source.rpartition("/")[2]


class InvalidEvent(ValueError):
    """A body that the hub must quarantine; the text is a code and a place."""


_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode
_decoders = {name: msgspec.json.Decoder(payload) for name, payload in BY_TYPE.items()}


def encode_data(payload: Payload) -> bytes:
    """Canonical bytes of a payload: the event id is made from them."""
    return _encode(payload)


def encode_event(event: Event) -> bytes:
    return _encode(event)


def number_body(body: bytes, epoch: str, seq: int) -> bytes:
    """Splice the spool's numbering into an encoded event."""
    return b'%b,"epoch":"%b","seq":%d}' % (body[:-1], epoch.encode(), seq)


def trailer(body: bytes) -> tuple[str, int] | None:
    """(epoch, seq) of a body that may be undecodable; None when it has none."""
    found = _TRAILER.search(body[-80:])
    return (found[1].decode(), int(found[2])) if found else None


def decode_event(body: bytes) -> Event:
    """The envelope of ``body``; raises InvalidEvent."""
    try:
        event = _decode_event(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent("event.undecodable") from error
    for name in (event.site, event.edge, event.device):
        if not is_level(name):
            raise InvalidEvent("event.bad_level")
    return event


def decode_data(event: Event) -> Payload | None:
    """The payload of a known type, None of an unknown one; raises InvalidEvent."""
    decoder = _decoders.get(event.type)
    if decoder is None:
        return None
    try:
        return decoder.decode(event.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(f"event.bad_data:{event.type}") from error


def is_level(name: str) -> bool:
    """Whether it may be a level of a topic: an id of a site, an edge or a device."""
    return bool(_LEVEL.match(name))


def partition_of(edge: str) -> int:
    """0..15: CRC-32 of the edge id mod 16 (design 5)."""
    return crc32(edge.encode()) % PARTITIONS


def event_topic(site: str, edge: str, device: str, event_type: str) -> str:
    return f"epihub/v1/evt/p{partition_of(edge):02d}/{site}/{edge}/{device}/{event_type.replace('.', '-')}"


def event_filter(partition: int) -> str:
    return f"epihub/v1/evt/p{partition:02d}/+/+/+/+"


def hub_topic(partition: int) -> str:
    return f"epihub/v1/hub/p{partition:02d}"


def receipt_topic(edge: str) -> str:
    return f"epihub/v1/receipt/{edge}"


def state_topic(site: str, edge: str, device: str = "") -> str:
    return f"epihub/v1/state/{site}/{edge}" + (f"/{device}" if device else "")


def command_topic(site: str, edge: str, device: str) -> str:
    return f"epihub/v1/cmd/{site}/{edge}/{device}"


# Lists of thousands of readings are full of times: looked up, not formatted.
_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02d}." for second in range(60))
_THOUSANDTHS = tuple(f"{rest:03d}Z" for rest in range(1000))


def format_time(time_ms: int) -> str:
    """2026-11-22T13:45:00.000Z of Unix milliseconds."""
    minutes, rest = divmod(time_ms, 60_000)
    days, minute = divmod(minutes, 1440)
    second, rest = divmod(rest, 1000)
    return f"{_format_day(days)}{_MINUTES[minute]}{_SECONDS[second]}{_THOUSANDTHS[rest]}"


@lru_cache(maxsize=64)
def _format_day(days: int) -> str:
    return (_FIRST_DAY + timedelta(days)).isoformat()


def parse_time(text: str) -> int:
    """Unix milliseconds of an RFC 3339 time with an offset; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("time without offset")
    return round(moment.timestamp() * 1000)

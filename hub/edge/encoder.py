"""Facts to encoded events: the one place where an edge's events get their envelope."""

from dataclasses import dataclass

from msgspec import Raw

from hub.contract import Fact
from hub.entropy import Entropy
from hub.errors import EventTooLarge
from hub.events import LARGEST_EVENT_BYTES, Event, encode_data, encode_event, event_topic, format_time
from hub.identity import event_id, id_bytes
from hub.payloads import LabResult, Payload, Skipped
from hub.spool import Emitted, EventRecord, LabFact

THINNABLE = frozenset({"camera.health.v1", "device.status.v1"})
NUMBERING_BYTES = 64  # what the relay splices in
EDGE_ITSELF = "edge"  # the device level of events about the edge


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from."""

    site: str
    edge: str
    device: str

    @property
    def source(self) -> str:
        return f"/{self.site}/{self.edge}/{self.device}"


@dataclass(frozen=True, slots=True)
class Made:
    """How an event came about: the capture it was read from, and what it replaces."""

    received_ms: int
    capture: str = ""
    part: int = -1
    supersedes: str = ""


def encode(origin: Origin, fact: Fact, made: Made) -> tuple[EventRecord, Emitted]:
    """Raises EventTooLarge above what the bus carries."""
    payload = fact.payload
    return encode_raw(origin, payload.TYPE, encode_data(payload), fact, made)


def encode_raw(
    origin: Origin, event_type: str, data: bytes, fact: Fact, made: Made
) -> tuple[EventRecord, Emitted]:
    """The same for data that is encoded already (a replay repeats what it cannot know any more)."""
    own_time_ms = fact.time_ms if fact.timesource == "observation" else 0
    identifier = event_id(
        time_ms=own_time_ms,
        device=origin.device,
        event_type=event_type,
        key=fact.key,
        data=data,
        supersedes=made.supersedes,
    )
    event = Event(
        specversion="1.0",
        id=identifier,
        source=origin.source,
        type=event_type,
        subject=fact.key,
        time=format_time(fact.time_ms),
        datacontenttype="application/json",
        site=origin.site,
        edge=origin.edge,
        received=format_time(made.received_ms),
        timesource=fact.timesource,
        data=Raw(data),
        capture=made.capture,
        part=made.part,
        supersedes=made.supersedes,
    )
    body = encode_event(event)
    if len(body) + NUMBERING_BYTES > LARGEST_EVENT_BYTES:
        raise EventTooLarge("an event is over 256 KiB")
    topic = event_topic(origin.site, origin.edge, origin.device, event_type)
    thinnable = event_type in THINNABLE
    told = _lab_fact(origin, fact, made)
    record = EventRecord(id_bytes(identifier), topic, body, made.received_ms, thinnable, told)
    return record, Emitted(event_type, fact.key, fact.time_ms, fact.timesource, identifier, data)


def _lab_fact(origin: Origin, fact: Fact, made: Made) -> LabFact | None:
    result = fact.payload
    if not isinstance(result, LabResult):
        return None
    return LabFact(
        origin.site,
        origin.device,
        fact.key,
        result.specimen,
        result.test.code,
        result.test.loinc or "",
        result.status,
        result.control,
        bool(made.supersedes),
    )


def note(origin: Origin, payload: Payload, key: str, at_ms: int) -> EventRecord:
    """An event about ourselves, at our own time."""
    return encode(origin, Fact(payload, key, at_ms, "received"), Made(at_ms))[0]


def skip_note(origin: Origin, skipped: Skipped, at_ms: int) -> EventRecord:
    return note(origin, skipped, f"{skipped.epoch}/{skipped.from_}-{skipped.to}", at_ms)


def new_capture_id(entropy: Entropy, at_ms: int) -> bytes:
    """UUIDv7 (RFC 9562, 5.7) in bytes: time-ordered, so that its index grows at one end."""
    tail = bytearray(entropy.take(10))
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    return at_ms.to_bytes(6, "big") + bytes(tail)

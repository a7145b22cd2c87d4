"""Numbered events as they come from the bus, and a connection that remembers what it was asked."""

from collections.abc import Sequence

import msgspec

from hub.contract import Fact
from hub.edge.encoder import EDGE_ITSELF, Made, Origin, encode, skip_note
from hub.events import event_topic, number_body
from hub.mqtt.connection import Incoming, Outgoing
from hub.payloads import Reading, Skipped
from hub.spool import EventRecord, Receipt
from hub.wire import readable_id

EDGE, SITE, EPOCH = "edge-1", "lab", "e" * 16
AT_MS = 1_790_000_000_000


def reading(number: int) -> EventRecord:
    """The same number is the same event."""
    fact = Fact(Reading("temperature", float(number), "Cel"), f"probe-{number}", 1_700_000_000_000 + number)
    return encode(Origin(SITE, EDGE, "fridge-1"), fact, Made(AT_MS))[0]


def message(record: EventRecord, seq: int, epoch: str = EPOCH, packet_id: int = 0) -> Incoming:
    """As the relay sends it."""
    return Incoming(record.topic, number_body(record.body, epoch, seq), packet_id or seq, False, False)


def skip(
    first: int, last: int, seq: int, *, reason: str = "bus", epoch: str = EPOCH, said: str = EPOCH
) -> Incoming:
    """A declaration under ``seq`` (0: outside the numbering) that says it is of epoch ``said``."""
    skipped = Skipped(first, last, "status", reason, last - first + 1, said)
    record = skip_note(Origin(SITE, EDGE, EDGE_ITSELF), skipped, AT_MS)
    body = number_body(record.body, epoch, seq) if seq else record.body
    return Incoming(event_topic(SITE, EDGE, EDGE_ITSELF, Skipped.TYPE), body, 9_000 + last, False, False)


def id_of(number: int) -> str:
    return readable_id(reading(number).body)


class Line:
    """A connection of the hub: what was published and acknowledged on it."""

    def __init__(self, free_slots: int = 1000) -> None:
        self.free_slots = free_slots
        self.published: list[Outgoing] = []
        self.acknowledged: list[int] = []
        self.calls: list[str] = []

    def publish(self, batch: Sequence[Outgoing]) -> None:
        assert len(batch) <= self.free_slots
        self.published += batch

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        self.acknowledged += [each.packet_id for each in messages]

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    @property
    def receipts(self) -> list[Receipt]:
        return [
            msgspec.json.decode(out.payload, type=Receipt)
            for out in self.published
            if "/receipt/" in out.topic
        ]

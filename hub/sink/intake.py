"""Messages of the bus to a batch for the store: validated, or poison with a reason; never dropped."""

from dataclasses import dataclass, field
from typing import NamedTuple

from hub.events import Event, InvalidEvent, decode_data, decode_event, trailer
from hub.mqtt.connection import Connection, Incoming
from hub.payloads import Payload, Skipped
from hub.sink.born import HUB_EDGE, hole_alarm
from hub.sink.watermarks import Watermarks
from storage.contract import Arrival, Hole, Poison

PRUNED = "pruned"
_EDGE_LEVEL = 5  # epihub/v1/evt/pNN/<site>/<edge>/<device>/<type>


class Delivery(NamedTuple):
    """A message and the connection that must acknowledge it."""

    connection: Connection
    message: Incoming


@dataclass(slots=True)
class Intake:
    """What a transaction will write, collected message by message."""

    arrivals: list[Arrival] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    alarms: list[Arrival] = field(default_factory=list)

    def take(self, message: Incoming, marks: Watermarks) -> None:
        topic, body = message.topic, message.payload
        edge = topic.split("/")[_EDGE_LEVEL]
        if edge == HUB_EDGE:
            return  # hub-born events are in the log already (design 5, alarms)
        try:
            event = decode_event(body)
            if event.edge != edge:
                raise InvalidEvent("event.wrong_edge")
            self._accept(event, decode_data(event), body, marks)
        except InvalidEvent as error:
            self._poison(edge, topic, body, str(error), marks)

    def _accept(self, event: Event, payload: Payload | None, body: bytes, marks: Watermarks) -> None:
        if isinstance(payload, Skipped):
            self._declared(event, payload, marks)
        elif event.epoch and event.seq > 0:
            marks.cover(event.edge, event.epoch, event.seq, event.seq, event.id)
        self.arrivals.append(Arrival(event, payload, body))

    def _declared(self, event: Event, skipped: Skipped, marks: Watermarks) -> None:
        """Numbered: stands for from..to. Not numbered: rows of an epoch that the edge no longer has."""
        epoch = event.epoch or skipped.epoch
        last = event.seq or skipped.to
        first = min(skipped.from_, last)
        if not epoch or not 0 < first <= last:
            raise InvalidEvent("event.bad_skip")
        self.holes.append(Hole(event.edge, epoch, first, last, skipped.reason))
        if skipped.reason == PRUNED:
            self.alarms.append(hole_alarm(event, skipped))
        marks.cover(event.edge, epoch, first, last, event.id if event.epoch else "")

    def _poison(self, edge: str, topic: str, body: bytes, reason: str, marks: Watermarks) -> None:
        """Counts as received: nothing at the hub can stop the watermark."""
        self.poison.append(Poison(edge, topic, body, reason))
        numbering = trailer(body)
        if numbering:
            epoch, seq = numbering
            marks.cover(edge, epoch, seq, seq, _id_of(body))


def _id_of(body: bytes) -> str:
    """The id of a body that may be broken; the edge takes an empty one only for rows it has not."""
    begin = body.find(b'"id":"')
    return body[begin + 6 : begin + 42].decode("ascii", "replace") if begin >= 0 else ""

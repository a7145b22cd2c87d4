"""Messages of the bus to a batch for the store: validated, or poison with a reason; never dropped."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.events import Event, InvalidEvent, decode_data, decode_event, trailer
from hub.mqtt.connection import Connection, Incoming
from hub.payloads import Payload, Skipped
from hub.reported import HUB_ONLY, Reported
from hub.sink.born import HUB_EDGE, hole_alarms
from hub.sink.machine_readings import machine_readings
from hub.sink.watermarks import Watermarks
from hub.wire import LAST_SEQ, readable_id
from storage.contract import Arrival, Hole, Poison

_EDGE = re.compile(r"[a-z0-9_-]{1,64}\Z")
_EPOCH = re.compile(r"[0-9a-f]{16}\Z")
EDGE_LEVEL = 5  # epihub/v1/evt/pNN/<site>/<edge>/<device>/<type>


class Delivery(NamedTuple):
    """A message and the connection that must acknowledge it."""

    connection: Connection
    message: Incoming


@dataclass(slots=True)
class Intake:
    """What a transaction will write, collected message by message; ``born`` here, of what came."""

    arrivals: list[Arrival] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    born: list[Arrival] = field(default_factory=list)

    def take(self, message: Incoming, marks: Watermarks) -> None:
        topic, body = message.topic, message.payload
        edge = topic.split("/")[EDGE_LEVEL]
        if edge == HUB_EDGE:
            return  # hub-born events are in the log already (design 5, alarms)
        if not _EDGE.match(edge):
            self.poison.append(Poison(edge, topic, body, "event.bad_edge"))
            return  # nobody hears a receipt under such a name
        try:
            event = decode_event(body)
            if event.edge != edge:
                raise InvalidEvent("event.wrong_edge")
            self._accept(event, decode_data(event), body, marks)
        except InvalidEvent as error:
            self._poison(edge, topic, body, str(error), marks)

    def _accept(self, event: Event, payload: Payload | None, body: bytes, marks: Watermarks) -> None:
        numbered = bool(event.epoch) or event.seq != 0
        if numbered and not (_EPOCH.match(event.epoch) and 0 < event.seq <= LAST_SEQ):
            raise InvalidEvent("event.bad_numbering")
        if isinstance(payload, Reported):
            _hold_to_its_key(event, payload)
        born = _born_of(event, payload)
        if isinstance(payload, Skipped):
            self._declared(event, payload, marks)
        elif numbered:
            marks.cover(event.edge, event.epoch, event.seq, event.seq, event.id)
        self.arrivals.append(Arrival(event, payload, body))
        self.born += born

    def _declared(self, event: Event, skipped: Skipped, marks: Watermarks) -> None:
        """Numbered: stands for from..to. Not numbered: rows of an epoch that the edge no longer has.

        A declaration that was numbered anew after it was made stands for itself only.
        """
        if not _EPOCH.match(skipped.epoch) or not 0 < skipped.from_ <= skipped.to <= LAST_SEQ:
            raise InvalidEvent("event.bad_skip")
        epoch, first, last = skipped.epoch, skipped.from_, skipped.to
        if event.epoch and (event.epoch, event.seq) != (epoch, last):
            epoch, first, last = event.epoch, event.seq, event.seq
        self.holes.append(Hole(event.edge, epoch, first, last, skipped.reason))
        marks.cover(event.edge, epoch, first, last, event.id if event.epoch else "")

    def _poison(self, edge: str, topic: str, body: bytes, reason: str, marks: Watermarks) -> None:
        """Counts as received: nothing at the hub can stop the watermark."""
        self.poison.append(Poison(edge, topic, body, reason))
        epoch, seq = trailer(body) or ("", 0)
        if 0 < seq <= LAST_SEQ:
            marks.cover(edge, epoch, seq, seq, readable_id(body))


def _hold_to_its_key(event: Event, payload: Reported) -> None:
    """No edge sets what reports are made by, nor hides one fact behind another's name."""
    if event.type in HUB_ONLY:
        raise InvalidEvent("event.not_of_edge")
    if event.subject != payload.subject:
        raise InvalidEvent("event.bad_subject")


def _born_of(event: Event, payload: Payload | None) -> list[Arrival]:
    """Raises InvalidEvent for a time that is none."""
    try:
        return [*hole_alarms(event, payload), *machine_readings(event, payload)]
    except (ValueError, OverflowError) as error:
        raise InvalidEvent("event.bad_time") from error

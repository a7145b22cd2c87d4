"""Events that are born at the hub: written in the transaction of their cause, then published (design 5)."""

from hub.contract import Fact
from hub.edge.encoder import Made, Origin, encode
from hub.events import Event, decode_event, parse_time
from hub.payloads import Alarm, Payload, Skipped
from storage.contract import Arrival

HUB_EDGE = "hub"
ALARMS = "alarms"


def born(site: str, payload: Payload, key: str, at_ms: int) -> Arrival:
    record, _ = encode(Origin(site, HUB_EDGE, ALARMS), Fact(payload, key, at_ms, "received"), Made(at_ms))
    return Arrival(decode_event(record.body), payload, record.body)


def hole_alarm(event: Event, skipped: Skipped) -> Arrival:
    """Rows that the edge no longer has: a loss that somebody must know of."""
    incident = f"{event.edge}/hole/{skipped.epoch}/{skipped.from_}-{skipped.to}"
    evidence = f"{skipped.count} rows of {event.edge} are gone: the backup was older than what the edge keeps"
    alarm = Alarm(incident, "hub.hole", "critical", "RAISED", event.edge, event.time, evidence)
    return born(event.site, alarm, incident, parse_time(event.time))

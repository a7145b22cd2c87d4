"""Events that are born at the hub: written in the transaction of their cause, then published (design 5)."""

from msgspec import Raw

from hub.events import Event, encode_data, encode_event, format_time, parse_time
from hub.identity import event_id
from hub.payloads import Alarm, Payload, Skipped
from storage.contract import Arrival

HUB_EDGE = "hub"
ALARMS = "alarms"
PRUNED = "pruned"


def born(site: str, payload: Payload, key: str, at_ms: int, device: str = ALARMS) -> Arrival:
    """An event of the hub's own, at its own time: the id comes from what it says alone."""
    data = encode_data(payload)
    event = Event(
        specversion="1.0",
        id=event_id(time_ms=0, device=device, event_type=payload.TYPE, key=key, data=data),
        source=f"/{site}/{HUB_EDGE}/{device}",
        type=payload.TYPE,
        subject=key,
        time=format_time(at_ms),
        datacontenttype="application/json",
        site=site,
        edge=HUB_EDGE,
        received=format_time(at_ms),
        timesource="received",
        data=Raw(data),
    )
    return Arrival(event, payload, encode_event(event))


def hole_alarms(event: Event, payload: Payload | None) -> list[Arrival]:
    """Rows that the edge no longer has: a loss that somebody must know of; no other event makes one."""
    if not isinstance(payload, Skipped) or payload.reason != PRUNED:
        return []
    incident = f"{event.edge}/hole/{payload.epoch}/{payload.from_}-{payload.to}"
    evidence = f"{payload.count} rows of {event.edge} are gone: the backup was older than what the edge keeps"
    alarm = Alarm(incident, "hub.hole", "critical", "RAISED", event.edge, event.time, evidence)
    return [born(event.site, alarm, incident, parse_time(event.time))]

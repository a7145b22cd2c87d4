"""An entry as the event that everybody hears: codes and numbers, no words of people."""

from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident
from hub.alarms.incidents.states import State
from hub.events import format_time
from hub.payloads import Alarm

OF_DEVICE = "device"


def alarm_of(entry: Entry, state: State | None, incident: Incident | None = None) -> Alarm:
    """``alarm.v1`` of an entry; ``state`` and ``incident`` as they are after it, None for one of a device."""
    known = incident.known if incident else entry.episode
    return Alarm(
        incident=entry.incident,
        kind=known.rule if known else OF_DEVICE,
        severity=known.severity if known else "info",
        state=(state or entry.kind).value,
        subject=entry.device,
        since=format_time(known.start_ms if known else entry.at_ms),
        evidence=" ".join(f"{name}={value}" for name, value in _evidence(entry, known)),
        actor=entry.actor,
        change=entry.kind.value,
        entry=entry.number,
        hash=entry.hash,
    )


def key_of(entry: Entry) -> str:
    """The subject of its event: an incident, or a device."""
    return entry.incident or f"{OF_DEVICE}/{entry.device}"


def _evidence(entry: Entry, known: Episode | None) -> list[tuple[str, int | str]]:
    """Times in Unix ms, ``worst`` in thousandths of the metric's unit."""
    said: list[tuple[str, int | str]] = []
    if known:
        said += [("metric", known.metric), ("version", known.version), ("raised", known.raised_at_ms)]
        if known.cleared_at_ms is not None:
            said.append(("cleared", known.cleared_at_ms))
        if known.worst is not None:
            said.append(("worst", known.worst))
        if known.inferred:
            said.append(("inferred", 1))
    return [*said, *sorted(entry.detail.items())]

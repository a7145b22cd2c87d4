"""An entry as the event that everybody hears, and back: codes and numbers, no words of people."""

import re

from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import Detail, Entry
from hub.alarms.incidents.standing import Incident
from hub.alarms.incidents.states import State
from hub.events import format_time, parse_time
from hub.payloads import Alarm

OF_DEVICE = "device"
LONGEST_NAME = 128
_OF_EPISODE = frozenset({"metric", "version", "raised", "cleared", "worst", "inferred"})
_NAME = re.compile(rf"[!-~]{{1,{LONGEST_NAME}}}\Z")
_NUMBER = re.compile(r"-?[0-9]{1,15}\Z")


class BadAlarm(ValueError):
    """An ``alarm.v1`` that no ledger made."""


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


def episode_of(alarm: Alarm) -> Episode:
    """The episode that ``alarm_of`` told; raises BadAlarm."""
    told = _told(alarm)
    names = (alarm.incident, alarm.subject, alarm.kind, told.get("metric", ""), told.get("version", ""))
    if not all(map(_NAME.match, names)):
        raise BadAlarm("word.bad_name")
    return Episode(
        alarm.subject,
        told["metric"],
        alarm.kind,
        told["version"],
        parse_time(alarm.since),
        _number(told.get("raised", "")),
        _number(told["cleared"]) if "cleared" in told else None,
        alarm.severity,
        told.get("inferred") == "1",
        _number(told["worst"]) if "worst" in told else None,
    )


def detail_of(alarm: Alarm) -> Detail:
    """What the entry said beside its episode."""
    told = ((name, value) for name, value in _told(alarm).items() if name not in _OF_EPISODE)
    return {name: int(value) if _NUMBER.match(value) else value for name, value in told}


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


def _told(alarm: Alarm) -> dict[str, str]:
    pairs = (part.partition("=") for part in alarm.evidence.split())
    return {name: value for name, _, value in pairs}


def _number(text: str) -> int:
    if not _NUMBER.match(text):
        raise BadAlarm("word.bad_number")
    return int(text)

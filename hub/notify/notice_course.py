"""The notices of one incident from the moment when it calls: each step of its chain, then reminders. Pure."""

import json
from collections.abc import Iterator

from hub.alarms.incidents.standing import Incident
from hub.notify.on_call import recipients
from hub.notify.settings import MINUTE_MS, Chain, NotifySettings
from storage.notices import NoticeKind, NoticeRow

OF_VACCINE = ("temp.", "alarm.heat", "alarm.frze")  # metrics that speak of the vaccine itself


def is_urgent(incident: Incident) -> bool:
    """Vaccine that was measured too warm or frozen: never held back for others."""
    known = incident.known
    grave = incident.latches or known.severity == "critical"
    return known.worst is not None and grave and known.metric.startswith(OF_VACCINE)


def course(
    number: int, at_ms: int, incident: Incident, settings: NotifySettings, held_until_ms: int = 0
) -> Iterator[NoticeRow]:
    """``number``: of the entry that causes it, at ``at_ms``; nothing is due before ``held_until_ms``."""
    chain = settings.chain_for(incident.site, incident.known.severity)
    if chain is None:
        return
    told: set[tuple[str, str]] = set()
    begin_ms = max(at_ms + _gathering_ms(incident, settings), held_until_ms)
    for level, step in enumerate(chain.steps):
        due_ms = begin_ms + int(step.after_minutes * MINUTE_MS)
        first = level > 0
        for person, channel in recipients(step, due_ms, settings):
            if (person, channel) not in told:
                told.add((person, channel))
                row = _row(number, at_ms, incident, "RAISED", level, person, channel, due_ms)
                yield row._replace(body=facts_of(incident, escalates=level)) if first else row
                first = False
    yield from _reminders(number, at_ms, incident, chain, settings, begin_ms)


def _reminders(
    number: int, at_ms: int, incident: Incident, chain: Chain, settings: NotifySettings, begin_ms: int
) -> Iterator[NoticeRow]:
    """Everybody of the chain, who has the duty then; pauses double."""
    begin_ms += int(chain.steps[-1].after_minutes * MINUTE_MS)
    for again in range(settings.reminders):
        due_ms = begin_ms + int(settings.remind_minutes * MINUTE_MS * (2 ** (again + 1) - 1))
        asked = (each for step in chain.steps for each in recipients(step, due_ms, settings))
        for person, channel in dict.fromkeys(asked):
            yield _row(number, at_ms, incident, "REMINDER", again, person, channel, due_ms)


def _gathering_ms(incident: Incident, settings: NotifySettings) -> int:
    """What is not urgent waits a little for others of its site."""
    return 0 if is_urgent(incident) else int(settings.gather_seconds * 1000)


def _row(
    number: int,
    at_ms: int,
    incident: Incident,
    kind: NoticeKind,
    step: int,
    person: str,
    channel: str,
    due_ms: int,
) -> NoticeRow:
    return NoticeRow(
        key=f"{number}.{incident.incident}.{kind}.{step}.{person}.{channel}",
        incident=incident.incident,
        site=incident.site,
        kind=kind,
        step=step,
        person=person,
        channel=channel,
        urgent=int(is_urgent(incident)),
        due_ms=due_ms,
        state="WAITING",
        tries=0,
        code="",
        message="",
        reply="",
        made_ms=at_ms,
        at_ms=at_ms,
        body=facts_of(incident),
    )


def facts_of(incident: Incident, *, escalates: int = 0) -> bytes:
    """What a text is made of: codes, numbers and ids. ``escalates``: the first notice of this later step."""
    known = incident.known
    told = {
        "device": known.device,
        "rule": known.rule,
        "metric": known.metric,
        "severity": known.severity,
        "start": known.start_ms,
        "cleared": known.cleared_at_ms,
        "worst": known.worst,
    }
    if escalates:
        told["escalates"] = escalates
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

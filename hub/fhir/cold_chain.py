"""An incident of the cold chain as DetectedIssue."""

from typing import Final, Literal, NamedTuple

from hub.fhir.codes import concept
from hub.fhir.datatypes import Meta, Period
from hub.fhir.naming import Ids, identifier
from hub.fhir.places import Place, device_of, location_of
from hub.fhir.resources import AnyResource, DetectedIssue, Evidence, Mitigation
from hub.payloads import Alarm

SEVERITY: Final[dict[str, Literal["high", "moderate", "low"]]] = {
    "critical": "high",
    "warning": "moderate",
    "info": "low",
}
_KIND = "urn:epihub:incident-kind"
_LOT = "urn:epihub:lot"
_DISPOSITION = "urn:epihub:disposition"


class Incident(NamedTuple):
    """As it stands: ``until`` is empty while it goes on, ``decided``: what becomes of the vaccine, when.

    ``lots``: those at risk. ``event``: of its last change.
    """

    event: str
    device: str
    received: str
    alarm: Alarm
    until: str = ""
    lots: tuple[str, ...] = ()
    decided: tuple[str, str] | None = None


def issue_of(incident: Incident, place: Place, ids: Ids) -> list[AnyResource]:
    """The unit, then the issue that names it. What people wrote stays in the store."""
    alarm = incident.alarm
    lots = tuple(Evidence(code=(concept(_LOT, lot, lot),)) for lot in incident.lots)
    issue = DetectedIssue(
        id=ids.of("DetectedIssue", alarm.incident),
        meta=Meta(version_id=incident.event, last_updated=incident.received),
        identifier=(identifier("incident", alarm.incident),),
        status="final" if incident.until else "preliminary",
        code=concept(_KIND, alarm.kind, alarm.kind),
        severity=SEVERITY[alarm.severity],
        identified_period=Period(start=alarm.since, end=incident.until or None),
        implicated=(ids.refer("Device", incident.device),),
        evidence=lots,
        mitigation=_decision(incident),
    )
    return [location_of(place, ids), device_of(incident.device, place, ids), issue]


def _decision(incident: Incident) -> tuple[Mitigation, ...]:
    if incident.decided is None:
        return ()
    what, when = incident.decided
    return (Mitigation(action=concept(_DISPOSITION, what, what), date=when),)

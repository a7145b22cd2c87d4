"""A laboratory result as DiagnosticReport and Observation, with the specimen, the analyzer and the site."""

from typing import NamedTuple

from hub.fhir.codes import ABSENT, DETECTED, INTERPRETED, LABORATORY, MICROBIOLOGY, STATUS
from hub.fhir.datatypes import LOINC, UCUM, CodeableConcept, Coding, Meta, Quantity, Reference, words
from hub.fhir.naming import Ids, identifier
from hub.fhir.places import Place, device_of, location_of
from hub.fhir.resources import (
    AnyResource,
    Device,
    DiagnosticReport,
    Observation,
    ObservationComponent,
    ObservationStatus,
    Specimen,
)
from hub.payloads import Call, Code, LabResult, Target

_COMPARATORS = frozenset({"<", "<=", ">", ">="})


class Result(NamedTuple):
    """The version of a fact that stands; ``fact`` names it (source and subject), times are RFC 3339."""

    fact: str
    event: str
    device: str
    time: str
    received: str
    lab: LabResult
    pool: bool = False


def resources_of(result: Result, place: Place, ids: Ids) -> list[AnyResource]:
    """In an order in which each is put after those that it names.

    A pool's result is of its specimen, and of no person.
    """
    analyzer = result.lab.analyzer
    device = device_of(result.device, place, ids, model=analyzer.model, serial=analyzer.serial)
    specimen = _specimen(result, ids)
    observation = _observation(result, ids)
    return [location_of(place, ids), device, specimen, observation, _report(result, ids)]


def withdrawn(result: Result, place: Place, ids: Ids) -> list[AnyResource]:
    """Of a fact that another one superseded: what was delivered of it was entered in error."""
    device: Device = device_of(result.device, place, ids)
    observation = _observation(result, ids, status="entered-in-error")
    report = _report(result, ids, status="entered-in-error")
    return [location_of(place, ids), device, _specimen(result, ids), observation, report]


def _subject(result: Result) -> Reference | None:
    person = result.lab.person
    if person is None or result.pool:
        return None
    return Reference(identifier=identifier("person", person))


def _specimen(result: Result, ids: Ids) -> Specimen:
    name = result.lab.specimen
    return Specimen(
        id=ids.of("Specimen", name),
        identifier=(identifier("specimen", name),),
        status="available",
        subject=_subject(result),
    )


def _observation(result: Result, ids: Ids, status: ObservationStatus | None = None) -> Observation:
    lab = result.lab
    return Observation(
        id=ids.of("Observation", result.fact),
        meta=Meta(version_id=result.event, last_updated=result.received),
        identifier=(identifier("result", result.event),),
        status=status or STATUS[lab.status],
        category=(LABORATORY,),
        code=code_of(lab.test),
        subject=_subject(result),
        effective_date_time=result.time,
        issued=result.received,
        value_codeable_concept=DETECTED.get(lab.call),
        data_absent_reason=ABSENT.get(lab.call),
        interpretation=_interpreted(lab.call),
        specimen=ids.refer("Specimen", lab.specimen),
        device=ids.refer("Device", result.device),
        component=tuple(part for target in lab.targets for part in _components(target)),
    )


def _report(result: Result, ids: Ids, status: ObservationStatus | None = None) -> DiagnosticReport:
    lab = result.lab
    order = () if lab.order is None else (Reference(identifier=identifier("order", lab.order)),)
    return DiagnosticReport(
        id=ids.of("DiagnosticReport", result.fact),
        meta=Meta(version_id=result.event, last_updated=result.received),
        identifier=(identifier("result", result.event),),
        based_on=order,
        status=status or STATUS[lab.status],
        category=(MICROBIOLOGY,),
        code=code_of(lab.test),
        subject=_subject(result),
        effective_date_time=result.time,
        issued=result.received,
        specimen=(ids.refer("Specimen", lab.specimen),),
        result=(ids.refer("Observation", result.fact),),
    )


def code_of(test: Code | Target) -> CodeableConcept:
    """The analyzer's own code, and LOINC where it is known."""
    own = Coding(system="urn:epihub:test", code=words(test.code) or "unknown")
    loinc = (Coding(system=LOINC, code=test.loinc),) if test.loinc else ()
    return CodeableConcept(coding=(*loinc, own), text=words(test.text))


def _interpreted(call: Call) -> tuple[CodeableConcept, ...]:
    found = INTERPRETED.get(call)
    return () if found is None else (found,)


def _components(target: Target) -> list[ObservationComponent]:
    """What the target came to, then its quantity and its cycles where there are any."""
    code = code_of(target)
    told = [
        ObservationComponent(
            code=code,
            value_codeable_concept=DETECTED.get(target.call),
            data_absent_reason=ABSENT.get(target.call),
        )
    ]
    if target.value is not None:
        told.append(ObservationComponent(code=code, value_quantity=_quantity(target, target.value)))
    if target.ct is not None:
        cycles = Quantity(value=target.ct, unit="Ct", system=UCUM, code="{Ct}")
        told.append(ObservationComponent(code=_cycles_of(target), value_quantity=cycles))
    return told


def _quantity(target: Target, value: float) -> Quantity:
    comparator = target.comparator if target.comparator in _COMPARATORS else None
    return Quantity(value=value, unit=words(target.unit), comparator=comparator)


def _cycles_of(target: Target) -> CodeableConcept:
    name = words(target.code) or "unknown"
    return CodeableConcept(
        coding=(Coding(system="urn:epihub:cycle-threshold", code=name),), text=f"Ct {name}"
    )

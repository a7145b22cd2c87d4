"""The resources that we send (hl7.org/fhir/R4/resourcelist.html), with the codes that R4 allows them."""

from typing import Literal

import msgspec

from hub.fhir.datatypes import (
    Address,
    CodeableConcept,
    DateTime,
    Element,
    Id,
    Identifier,
    Instant,
    Meta,
    Period,
    Quantity,
    Reference,
    Text,
    Uri,
)

ObservationStatus = Literal["preliminary", "final", "corrected", "cancelled", "entered-in-error", "unknown"]
Mode = Literal["instance", "kind"]


class Resource(Element, frozen=True, kw_only=True, tag_field="resourceType", tag=True):
    """Base: ``id`` is ours, derived, so that the same fact is always put at the same place."""

    id: Id
    meta: Meta | None = None


class Location(Resource, frozen=True, kw_only=True):
    """A site, or a unit of the cold chain in it."""

    identifier: tuple[Identifier, ...]
    status: Literal["active", "suspended", "inactive"]
    name: Text
    mode: Mode = msgspec.field(default="instance")
    type: tuple[CodeableConcept, ...] = ()
    address: Address | None = None
    part_of: Reference | None = None


class DeviceName(Element, frozen=True):
    """What a device is called, by whom."""

    name: Text
    type: Literal["user-friendly-name", "model-name", "manufacturer-name"]


class Device(Resource, frozen=True, kw_only=True):
    """An analyzer, a sensor, a gate or a camera."""

    identifier: tuple[Identifier, ...]
    status: Literal["active", "inactive", "unknown"]
    serial_number: Text | None = None
    device_name: tuple[DeviceName, ...] = ()
    type: CodeableConcept | None = None
    location: Reference | None = None


class Collection(Element, frozen=True):
    """When it was taken."""

    collected_date_time: DateTime


class Specimen(Resource, frozen=True, kw_only=True):
    """Without the person: whoever keeps the orders knows whose it is."""

    identifier: tuple[Identifier, ...]
    status: Literal["available", "entered-in-error"]
    subject: Reference | None = None
    collection: Collection | None = None


class ObservationComponent(Element, frozen=True, kw_only=True):
    """One target, or its Ct: exactly one of the value fields, or why there is none."""

    code: CodeableConcept
    value_codeable_concept: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    data_absent_reason: CodeableConcept | None = None


class Observation(Resource, frozen=True, kw_only=True):
    """One test of one specimen; its targets are components."""

    identifier: tuple[Identifier, ...]
    status: ObservationStatus
    code: CodeableConcept
    category: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    effective_date_time: DateTime | None = None
    issued: Instant | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    specimen: Reference | None = None
    device: Reference | None = None
    component: tuple[ObservationComponent, ...] = ()


class DiagnosticReport(Resource, frozen=True, kw_only=True):
    """What is delivered of a result: the observation with its specimen."""

    identifier: tuple[Identifier, ...]
    status: ObservationStatus
    code: CodeableConcept
    based_on: tuple[Reference, ...] = ()
    category: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    effective_date_time: DateTime | None = None
    issued: Instant | None = None
    specimen: tuple[Reference, ...] = ()
    result: tuple[Reference, ...] = ()


class Evidence(Element, frozen=True):
    """What it rests on."""

    code: tuple[CodeableConcept, ...]


class Mitigation(Element, frozen=True):
    """What was done about it."""

    action: CodeableConcept
    date: DateTime


class DetectedIssue(Resource, frozen=True, kw_only=True):
    """An incident of the cold chain: what, how bad, since when, which unit."""

    identifier: tuple[Identifier, ...]
    status: Literal["preliminary", "final", "cancelled"]
    code: CodeableConcept
    severity: Literal["high", "moderate", "low"]
    identified_period: Period | None = None
    identified_date_time: DateTime | None = None
    implicated: tuple[Reference, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    mitigation: tuple[Mitigation, ...] = ()


class Batch(Element, frozen=True):
    """Of a vaccine."""

    lot_number: Text


class Medication(Resource, frozen=True, kw_only=True):
    """Contained in a delivery: which vaccine of which lot."""

    code: CodeableConcept
    batch: Batch


class SuppliedItem(Element, frozen=True):
    """How much of what."""

    quantity: Quantity
    item_reference: Reference


class SupplyDelivery(Resource, frozen=True, kw_only=True):
    """Doses that a facility received or sent on."""

    identifier: tuple[Identifier, ...]
    contained: tuple[Medication, ...]
    status: Literal["completed", "entered-in-error"]
    supplied_item: SuppliedItem
    occurrence_date_time: DateTime
    type: CodeableConcept | None = None
    supplier: Reference | None = None
    destination: Reference | None = None


AnyResource = Location | Device | Specimen | Observation | DiagnosticReport | DetectedIssue | SupplyDelivery


class Request(Element, frozen=True):
    """What the server does with an entry."""

    method: Literal["PUT"]
    url: Uri


class Entry(Element, frozen=True, kw_only=True):
    """A resource and where it is put."""

    full_url: Uri
    resource: AnyResource
    request: Request


class Bundle(Element, frozen=True, kw_only=True, tag_field="resourceType", tag=True):
    """A transaction: all of it, or nothing."""

    type: Literal["transaction"]
    entry: tuple[Entry, ...]

"""Sites as Location, devices as Device."""

from typing import NamedTuple

from hub.fhir.datatypes import Address, CodeableConcept, Reference, words
from hub.fhir.naming import Ids, identifier
from hub.fhir.resources import Device, DeviceName, Location


class Place(NamedTuple):
    """A site; ``district`` and ``province`` are names, empty: not known."""

    id: str
    name: str
    district: str = ""
    province: str = ""


def location_of(place: Place, ids: Ids) -> Location:
    address = Address(district=words(place.district), state=words(place.province), country="VN")
    return Location(
        id=ids.of("Location", place.id),
        identifier=(identifier("site", place.id),),
        status="active",
        name=words(place.name) or place.id,
        mode="instance",
        address=address,
    )


def device_of(
    name: str, place: Place, ids: Ids, *, kind: str = "", model: str | None = None, serial: str | None = None
) -> Device:
    """``kind``: of its adapter; what it tells of itself where it does."""
    told = words(model)
    return Device(
        id=ids.of("Device", name),
        identifier=(identifier("device", name),),
        status="active",
        serial_number=words(serial),
        device_name=(DeviceName(name=told, type="model-name"),) if told else (),
        type=CodeableConcept(text=kind) if kind else None,
        location=location(place, ids),
    )


def location(place: Place, ids: Ids) -> Reference:
    return ids.refer("Location", place.id)

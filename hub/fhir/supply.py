"""Doses that a facility received or sent on, as SupplyDelivery; stock and use are no deliveries."""

from hub.fhir.codes import concept
from hub.fhir.datatypes import CodeableConcept, Meta, Quantity, Reference, words
from hub.fhir.naming import Ids, identifier
from hub.fhir.places import Place, location_of
from hub.fhir.resources import AnyResource, Batch, Medication, SuppliedItem, SupplyDelivery
from hub.reported import StockMoved

_TYPE = concept("http://terminology.hl7.org/CodeSystem/supply-item-type", "medication", "Medication")
DELIVERIES = frozenset({"received", "sent"})


def delivery_of(
    subject: str, event: str, received: str, moved: StockMoved, place: Place, ids: Ids
) -> list[AnyResource]:
    """``subject``: of the fact. Of what is no delivery nothing."""
    if moved.kind not in DELIVERIES:
        return []
    here = ids.refer("Location", place.id)
    vaccine = Medication(
        id="vaccine",
        code=CodeableConcept(text=words(moved.product) or "unknown"),
        batch=Batch(lot_number=words(moved.lot) or "unknown"),
    )
    delivery = SupplyDelivery(
        id=ids.of("SupplyDelivery", subject),
        meta=Meta(version_id=event, last_updated=received),
        contained=(vaccine,),
        identifier=(identifier("delivery", subject),),
        status="completed",
        type=_TYPE,
        supplied_item=SuppliedItem(
            quantity=Quantity(value=moved.doses, unit="doses"),
            item_reference=Reference(reference="#vaccine"),
        ),
        occurrence_date_time=moved.date,
        destination=here if moved.kind == "received" else None,
        supplier=None,
    )
    return [location_of(place, ids), delivery]

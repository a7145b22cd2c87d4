"""FHIR R4, read only: what other systems may fetch instead of being sent it."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from api.access import role
from api.deck import Deck, OfDeck
from api.fhir.records import Records
from api.fhir.searching import FHIR_TYPE, FhirQuery, bundle, capability, span_of
from api.local_days import day_of
from api.problems import Problem, not_found
from api.schemas import fetched
from storage.contract import TooManyRows

router = APIRouter(tags=["fhir"])
ROOT = "/fhir/R4"
Kind = Annotated[
    Literal[
        "DiagnosticReport",
        "Observation",
        "Specimen",
        "Device",
        "Location",
        "DetectedIssue",
        "SupplyDelivery",
    ],
    Path(description="Type of the resource."),
]
ResourceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,64}$", description="As a search gives it.")]
_encode = msgspec.json.Encoder().encode


def _fhir(told: Any) -> Response:
    return Response(_encode(told), media_type=FHIR_TYPE)


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/api/v1{ROOT}"


def _records(deck: Deck) -> Records:
    return Records(deck, day_of(deck.now_ms(), ZoneInfo(deck.settings.timezone)))


@router.get(f"{ROOT}/metadata", dependencies=[role("reporter")], responses=fetched("CapabilityStatement"))
async def fhir_metadata(request: Request) -> Response:
    """What this server does (CapabilityStatement)."""
    return _fhir(capability(_base(request)))


@router.get(f"{ROOT}/{{kind}}", dependencies=[role("reporter")], responses=fetched("Bundle", 400, 422))
async def fhir_search(
    request: Request, deck: OfDeck, kind: Kind, wanted: Annotated[FhirQuery, Query()]
) -> Response:
    """A searchset, oldest first; its ``next`` link goes on in the log as it was when the search began."""
    last = (await deck.reader.figures()).last_number
    records = _records(deck)
    span, offset = span_of(kind, wanted, day_of(deck.now_ms(), ZoneInfo(deck.settings.timezone)), last)
    try:
        found = await records.found(kind, span)
    except TooManyRows as error:
        raise Problem(422, "range.too_long", "More than one search reads: ask for fewer days.") from error
    return _fhir(bundle(found, wanted, span, offset, f"{_base(request)}/{kind}"))


@router.get(f"{ROOT}/{{kind}}/{{resource}}", dependencies=[role("reporter")], responses=fetched("Any", 404))
async def fhir_read(deck: OfDeck, kind: Kind, resource: ResourceId) -> Response:
    """One resource as it stands."""
    found = await _records(deck).one(kind, resource)
    if found is None:
        raise not_found("resource")
    return _fhir(found)

"""What people and other systems report: one item or a list of at most 1,000, all of it entered or none."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import BeforeValidator, Field

from api.access import Identity, role
from api.answers import listing
from api.deck import Deck, OfDeck
from api.intake import enter
from api.intake_bodies import (
    AssessmentBody,
    BedStatusBody,
    DeclarationBody,
    FacilityBody,
    QuarantineDayBody,
    ReferenceBody,
    ReportRowsBody,
    RolloutBody,
    SpecimenBody,
    StockBody,
    VaccinationSessionBody,
)
from api.intake_bodies import Body as AnyBody
from api.schemas import ItemList, documented
from hub.intake_limits import MOST_AT_ONCE

router = APIRouter(tags=["intake"])
_EXAMPLE = {
    "id": "00000000-0000-8b1e-a7d2-2f60c1f04a35",
    "type": "quarantine.daily.v1",
    "site": None,
    "device": "intake",
    "time": None,
    "received": None,
    "subject": "kcl-001|2021-08-05",
    "outcome": "created",
}
_ANSWERS: dict[int | str, Any] = documented(ItemList, 421, 422, 503, example=_EXAMPLE)


def _as_list(given: object) -> object:
    return given if isinstance(given, list) else [given]


_SEVERAL = (
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=MOST_AT_ONCE, description="A list, or one item by itself."),
    Body(),
)
Check = Annotated[bool, Query(description="Only tell what would become of it.")]
Operator = Annotated[Identity, role("operator")]
Admin = Annotated[Identity, role("admin")]


@router.post("/intake/declaration", responses=_ANSWERS)
async def declaration(
    deck: OfDeck, who: Operator, items: Annotated[list[DeclarationBody], *_SEVERAL], check: Check = False
) -> Response:
    """Health declarations. ``outcome``: created, updated, unchanged, or superseded (a newer one stands)."""
    return await _entered(deck, who, "declaration", items, check)


@router.post("/intake/assessment", responses=_ANSWERS)
async def assessment(
    deck: OfDeck, who: Operator, items: Annotated[list[AssessmentBody], *_SEVERAL], check: Check = False
) -> Response:
    """Workplaces' assessments of their risk; the one submitted last counts."""
    return await _entered(deck, who, "assessment", items, check)


@router.post("/intake/quarantine-daily", responses=_ANSWERS)
async def quarantine_daily(
    deck: OfDeck, who: Operator, items: Annotated[list[QuarantineDayBody], *_SEVERAL], check: Check = False
) -> Response:
    """Days of quarantine facilities."""
    return await _entered(deck, who, "quarantine-daily", items, check)


@router.post("/intake/bed-status", responses=_ANSWERS)
async def bed_status(
    deck: OfDeck, who: Operator, items: Annotated[list[BedStatusBody], *_SEVERAL], check: Check = False
) -> Response:
    """Days of field hospitals."""
    return await _entered(deck, who, "bed-status", items, check)


@router.post("/intake/stock", responses=_ANSWERS)
async def stock(
    deck: OfDeck, who: Operator, items: Annotated[list[StockBody], *_SEVERAL], check: Check = False
) -> Response:
    """Doses of vaccine lots that came, went or were counted."""
    return await _entered(deck, who, "stock", items, check)


@router.post("/intake/vaccination-session", responses=_ANSWERS)
async def vaccination_session(
    deck: OfDeck,
    who: Operator,
    items: Annotated[list[VaccinationSessionBody], *_SEVERAL],
    check: Check = False,
) -> Response:
    """What vaccination sessions gave."""
    return await _entered(deck, who, "vaccination-session", items, check)


@router.post("/intake/specimen", responses=_ANSWERS)
async def specimen(
    deck: OfDeck, who: Operator, items: Annotated[list[SpecimenBody], *_SEVERAL], check: Check = False
) -> Response:
    """Specimens that were taken."""
    return await _entered(deck, who, "specimen", items, check)


@router.post("/intake/facility", responses=_ANSWERS)
async def facility(
    deck: OfDeck, who: Admin, items: Annotated[list[FacilityBody], *_SEVERAL], check: Check = False
) -> Response:
    """Places that report."""
    return await _entered(deck, who, "facility", items, check)


@router.post("/intake/reference", responses=_ANSWERS)
async def reference(
    deck: OfDeck, who: Admin, items: Annotated[list[ReferenceBody], *_SEVERAL], check: Check = False
) -> Response:
    """Numbers that reports compare with."""
    return await _entered(deck, who, "reference", items, check)


@router.post("/intake/rollout", responses=_ANSWERS)
async def rollout(
    deck: OfDeck, who: Admin, items: Annotated[list[RolloutBody], *_SEVERAL], check: Check = False
) -> Response:
    """What districts report from a day on."""
    return await _entered(deck, who, "rollout", items, check)


@router.post("/intake/report-rows", responses=_ANSWERS)
async def report_rows(
    deck: OfDeck, who: Admin, items: Annotated[list[ReportRowsBody], *_SEVERAL], check: Check = False
) -> Response:
    """Rows that a report has beside its own, from a day on."""
    return await _entered(deck, who, "report-rows", items, check)


async def _entered(deck: Deck, who: Identity, kind: str, items: Sequence[AnyBody], check: bool) -> Response:
    return listing(await enter(deck, kind, items, who.id, check=check))

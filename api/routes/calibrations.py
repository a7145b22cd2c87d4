"""Calibrations of sensors: all of a device, and a new one; a later one corrects, none is deleted."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import listing
from api.calibrated import calibrations_of, rows_of
from api.deck import Deck, OfDeck
from api.problems import Problem, not_found
from api.routes.devices import DeviceName
from api.schemas import ItemList, documented
from hub.alarms.incidents.actions import LONGEST_NOTE
from hub.alarms.incidents.calibrate import LARGEST_OFFSET

router = APIRouter(tags=["alarms"])
Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}(T[0-9:.]{5,12}(Z|[+-]\d{2}:\d{2}))?$",
        description="A date, its midnight at the hub, or an RFC 3339 time.",
        examples=["2026-11-01"],
    ),
]
_EXAMPLE = {
    "id": "tu-lanh-07/temp.vaccine/1795352400000",
    "type": "calibration",
    "site": "kho-vac-xin",
    "device": "tu-lanh-07",
    "time": "2026-10-31T17:00:00.000Z",
    "received": "2026-11-22T06:20:00.412Z",
    "metric": "temp.vaccine",
    "offset": -0.3,
    "from": "2026-10-31T17:00:00.000Z",
    "to": None,
    "issued": "2026-11-22T06:20:00.412Z",
    "by": "3fb1c2aa",
    "certificate": "QUATEST 3, 2026-1184",
    "counts": True,
}


class CalibrationBody(BaseModel):
    """What is added to a sensor's values, since when, and by which paper."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    metric: str = Field(pattern=r"^[a-z0-9_.]{1,100}$", examples=["temp.vaccine"])
    offset: float = Field(
        ge=-LARGEST_OFFSET / 1000, le=LARGEST_OFFSET / 1000, description="Kelvin, to a thousandth."
    )
    begins: Moment = Field(alias="from")
    ends: Moment | None = Field(None, alias="to")
    certificate: str = Field(
        min_length=1, max_length=LONGEST_NOTE, description="Who measured it, and the number of the paper."
    )


@router.get(
    "/devices/{device}/calibrations",
    dependencies=[role("operator")],
    responses=documented(ItemList, 404, example=_EXAMPLE),
)
async def calibrations(deck: OfDeck, device: DeviceName) -> Response:
    """All that were issued, the first first; ``counts`` tells which one corrects a value of now."""
    return await _listed(deck, device, await _site(deck, device))


@router.post(
    "/devices/{device}/calibrations", responses=documented(ItemList, 404, 409, 422, example=_EXAMPLE)
)
async def calibrate(
    deck: OfDeck, device: DeviceName, body: CalibrationBody, who: Annotated[Identity, role("admin")]
) -> Response:
    """One more: alarms of the time that it covers are judged anew before the answer."""
    site = await _site(deck, device)
    told = await deck.hub.calibrate(
        device=device,
        metric=body.metric,
        offset=body.offset,
        begins=body.begins,
        ends=body.ends or "",
        certificate=body.certificate,
        by=who.id,
    )
    if told.get("outcome") != "done":
        reason = str(told.get("reason", ""))
        raise Problem(409, "alarm.refused", "It was refused; nothing was entered.", reason=reason)
    return await _listed(deck, device, site)


async def _site(deck: Deck, device: str) -> str:
    """Raises Problem 404."""
    found = await deck.inventory.device(device)
    if found is None or not found["site"]:
        raise not_found("device")
    return str(found["site"])


async def _listed(deck: Deck, device: str, site: str) -> Response:
    known = await calibrations_of(deck.reader, device)
    return listing(rows_of(known, device, site, deck.now_ms()))

"""Maintenance of a whole site: its devices of some kinds out of service for a while, or back in it."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Response

from api.access import Identity, role
from api.alarm_bodies import SiteBackBody, SiteOutBody
from api.answers import item
from api.deck import Deck, OfDeck
from api.problems import Problem, hub_elsewhere, not_found
from api.schemas import Item, documented
from hub.alarms.incidents.actions import MINUTE_MS
from hub.events import format_time

router = APIRouter(tags=["alarms"])
SiteName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of the site.")]
Operator = Annotated[Identity, role("operator")]
_EXAMPLE = {
    "id": "bv-thong-nhat",
    "type": "site.service",
    "site": "bv-thong-nhat",
    "device": None,
    "time": "2026-11-22T06:20:00.000Z",
    "received": "2026-11-22T06:20:00.000Z",
    "devices": ["cam-cong-1", "cam-cong-2"],
    "until": "2026-11-22T08:20:00.000Z",
    "entry": 411,
}
_DONE = documented(Item, 404, 409, 422, example=_EXAMPLE)


@router.post("/sites/{site}/take-out", responses=_DONE)
async def take_out(deck: OfDeck, site: SiteName, body: SiteOutBody, who: Operator) -> Response:
    """Out of service for some minutes: its cameras, or devices of other kinds. It ends by itself."""
    until_ms = deck.now_ms() + body.minutes * MINUTE_MS
    return await _act(deck, site, "take_out", body.kinds, who, body.reason, until_ms)


@router.post("/sites/{site}/put-back", responses=_DONE)
async def put_back(
    deck: OfDeck, site: SiteName, who: Operator, body: Annotated[SiteBackBody | None, Body()] = None
) -> Response:
    """In service again before that time."""
    told = body or SiteBackBody()
    return await _act(deck, site, "put_back", told.kinds, who, told.note, None)


async def _act(
    deck: Deck, site: str, action: str, kinds: tuple[str, ...], who: Identity, note: str, until_ms: int | None
) -> Response:
    """Those that are in that service already are left out: ``devices`` are those that changed."""
    if deck.store is None:
        raise hub_elsewhere()
    of_site = [
        row["id"] for row in await deck.inventory.devices() if row["site"] == site and row["kind"] in kinds
    ]
    if not of_site:
        raise not_found("device")
    told = await deck.hub.alarm_of_devices(
        site=site,
        devices=of_site,
        action=action,
        by=who.id,
        note=note,
        details={"until_ms": until_ms} if until_ms else {},
    )
    if told.get("outcome") != "done":
        reason = str(told.get("reason", ""))
        raise Problem(409, "alarm.refused", "It was refused; nothing was entered.", reason=reason)
    at = format_time(deck.now_ms())
    until = format_time(until_ms) if until_ms else None
    common = {"id": site, "type": "site.service", "site": site, "device": None, "time": at, "received": at}
    return item(common | {"devices": told["devices"], "until": until, "entry": told["entry"]})

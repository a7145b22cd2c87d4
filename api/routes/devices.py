"""Devices: configured and heard of, with state and the age of what is known."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import role
from api.answers import item, listing
from api.deck import OfDeck
from api.problems import not_found
from api.schemas import Item, ItemList, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["devices"])
AT = EVERYWHERE
DeviceName = Annotated[
    str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of a device.", examples=["genexpert-01"])
]


@router.get("/devices", dependencies=[role("reporter")], responses=documented(ItemList))
async def devices(deck: OfDeck) -> Response:
    """Every device; one that was never heard of is UNKNOWN."""
    return listing(await deck.inventory.devices())


@router.get("/devices/{device}", dependencies=[role("reporter")], responses=documented(Item, 404))
async def device(deck: OfDeck, device: DeviceName) -> Response:
    """One device."""
    found = await deck.inventory.device(device)
    if found is None:
        raise not_found("device")
    return item(found)

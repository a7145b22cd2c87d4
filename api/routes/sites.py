"""Sites: the places where devices stand, as configured."""

from fastapi import APIRouter, Response

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.schemas import ItemList, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["sites"])
AT = EVERYWHERE


@router.get("/sites", dependencies=[role("reporter")], responses=documented(ItemList))
async def sites(deck: OfDeck) -> Response:
    """Every configured site."""
    return listing(deck.inventory.sites())

"""What retention deleted: the ledger, each entry chained to the one before (storage/retention.py)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.queries import PageQuery
from api.schemas import ItemList, documented

router = APIRouter(tags=["deletions"])

TYPE = "store.deletion"
_EXAMPLE = {
    "id": "12",
    "type": TYPE,
    "site": None,
    "device": None,
    "time": "2026-11-22T07:00:02.118Z",
    "received": None,
    "number": 12,
    "class": "log",
    "from": "2026-11-15T06:00:00.412Z",
    "to": "2026-11-15T07:00:00.000Z",
    "rows": 61_240,
    "at": "2026-11-22T07:00:02.118Z",
    "digest": "9d0c1f0b6a2e4f6f8f0f4f3d7f1c2a9e5b8d7c6a5f4e3d2c1b0a99887766554f",
}


@router.get(
    "/deletions", dependencies=[role("admin")], responses=documented(ItemList, 400, 422, example=_EXAMPLE)
)
async def deletions(deck: OfDeck, wanted: Annotated[PageQuery, Query()]) -> Response:
    """Finished deletions, the newest first: which class of rows, how many, of which time, and the chain."""
    found = await deck.reader.deletions(limit=wanted.limit, cursor=wanted.cursor)
    rows = [row | {"id": str(row["number"]), "type": TYPE, "time": row["at"]} for row in found.items]
    return listing(rows, found.next_cursor)

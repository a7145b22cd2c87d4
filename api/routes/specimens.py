"""Specimens that wait for a result, and results that wait for their specimen to be registered."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.problems import Problem
from api.queries import Name, PageQuery
from api.schemas import ItemList, documented
from api.unmatched import TYPE, Kind, WorkList
from storage.contract import Row, TooManyRows
from storage.cursors import decode, encode

router = APIRouter(tags=["laboratory"])
MOST_DAYS = 366
_LIST = "unmatched"
_EXAMPLE = {
    "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11",
    "type": TYPE,
    "site": None,
    "device": None,
    "time": "2026-11-22T01:15:00.000Z",
    "received": "2026-11-22T02:00:04.120Z",
    "kind": "waiting",
    "since_ms": 1795310100000,
    "age_s": 19800,
    "specimen": "TN2611-0042",
    "order": "A-TN2611-0042",
    "facility": "bv-thong-nhat",
    "district": "731",
    "pool": False,
    "test": None,
}


class UnmatchedQuery(PageQuery):
    """Which part of the work list; None is any."""

    kind: Kind | None = Field(None, description="waiting: no result yet; stray: nobody registered it.")
    days: int = Field(30, ge=1, le=MOST_DAYS, description="Local days up to today.")
    facility: str | None = Field(None, max_length=64, description="Where the specimen was taken.")
    site: Name | None = Field(None, description="Where the result was measured.")


@router.get(
    "/specimens/unmatched",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, example=_EXAMPLE),
)
async def unmatched(deck: OfDeck, wanted: Annotated[UnmatchedQuery, Query()]) -> Response:
    """What waits longest comes first; ``age_s`` counts from collection, or from the observation."""
    after = decode(_LIST, wanted.cursor, (int, str)) if wanted.cursor else (-1, "")
    zone = ZoneInfo(deck.settings.timezone)
    try:
        rows = await WorkList(deck.reader, zone, deck.now_ms(), wanted.days).rows()
    except TooManyRows as error:
        raise Problem(422, "range.too_long", "Too many specimens: ask for fewer days.") from error
    found = [row for row in rows if _fits(row, wanted) and _place(row) > after]
    shown, rest = found[: wanted.limit], found[wanted.limit :]
    return listing(shown, encode(_LIST, *_place(shown[-1])) if rest else None)


def _fits(row: Row, wanted: UnmatchedQuery) -> bool:
    return all(getattr(wanted, name) in (None, row[name]) for name in ("kind", "facility", "site"))


def _place(row: Row) -> tuple[int, str]:
    return row["since_ms"], row["id"]

"""Runs of an analyzer: a plate with what became of each well."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api import runs as of
from api.access import role
from api.answers import answer, complete
from api.deck import OfDeck
from api.queries import Name, PageQuery
from api.schemas import ItemList, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["runs"])
AT = EVERYWHERE


class RunQuery(PageQuery):
    """Whose runs."""

    device: Name
    limit: int = Field(20, ge=1, le=50, description="Most runs of one answer.")


class RunList(ItemList):
    """A page of runs; a page may be short and go on."""

    by_store: bool = Field(description="Made of stored results: the messages are at the analyzer's edge.")


@router.get("/runs", dependencies=[role("reporter")], responses=documented(RunList, 400, 422))
async def runs(deck: OfDeck, wanted: Annotated[RunQuery, Query()]) -> Response:
    """Runs, the newest first: counts by call, controls apart, ``accounted`` of ``total``, every well."""
    found = await of.runs(deck, wanted.device, limit=wanted.limit, cursor=wanted.cursor)
    items = [complete(row) for row in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor, "by_store": found.by_store})

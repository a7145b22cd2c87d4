"""Laboratory results: one item is one specimen and test, in its current version."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.access import role
from api.answers import complete, item, page
from api.deck import OfDeck
from api.problems import not_found
from api.queries import ResultQuery, to_ms
from api.schemas import RESULT_EXAMPLE, Item, ItemList, documented
from storage.contract import ResultFilter

router = APIRouter(tags=["results"])
_EVENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
Entry = Annotated[str, Path(max_length=64, description="Id as the list gives it.")]


def is_event_id(text: str) -> bool:
    return _EVENT_ID.match(text) is not None


@router.get(
    "/results",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, example=RESULT_EXAMPLE),
)
async def results(deck: OfDeck, wanted: Annotated[ResultQuery, Query()]) -> Response:
    """Current versions, newest first."""
    narrowed = ResultFilter(
        specimen=wanted.specimen,
        site=wanted.site,
        device=wanted.device,
        call=wanted.call,
        from_ms=to_ms(wanted.from_),
        to_ms=to_ms(wanted.to),
    )
    return page(await deck.reader.results(narrowed, limit=wanted.limit, cursor=wanted.cursor))


@router.get(
    "/results/{result}",
    dependencies=[role("reporter")],
    responses=documented(Item, 404, example=RESULT_EXAMPLE),
)
async def result(deck: OfDeck, result: Entry) -> Response:
    """One result with ``versions``, oldest first; the id of any of them finds it."""
    found = await deck.reader.result(result) if is_event_id(result) else None
    if found is None:
        raise not_found("result")
    return item(found | {"versions": [complete(version) for version in found.get("versions", ())]})

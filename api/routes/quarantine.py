"""The quarantine: what nobody could understand yet, and the second try after a fix."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import Identity, role
from api.answers import answer, page
from api.deck import OfDeck
from api.problems import Problem, not_found
from api.queries import QuarantineQuery
from api.routes.results import Entry, is_event_id
from api.schemas import ItemList, Replayed, documented

router = APIRouter(tags=["quarantine"])


@router.get("/quarantine", dependencies=[role("reporter")], responses=documented(ItemList, 400, 422))
async def quarantine(deck: OfDeck, wanted: Annotated[QuarantineQuery, Query()]) -> Response:
    """What waits at the edges and at the hub, newest first; the bytes themselves stay where they are."""
    return page(await deck.reader.quarantine(wanted.state, limit=wanted.limit, cursor=wanted.cursor))


@router.post("/quarantine/{entry}/replay", responses=documented(Replayed, 404, 409, 502))
async def replay(deck: OfDeck, entry: Entry, who: Annotated[Identity, role("operator")]) -> Response:
    """Interpret the bytes again, with what the hub knows now; tells what came of it."""
    if not is_event_id(entry) or await deck.reader.quarantined(entry) is None:
        raise not_found("entry")
    told = await deck.hub.replay(entry, who.id)
    if told["outcome"] == "refused":
        raise Problem(409, "replay.refused", "The hub refused the replay.", reason=told["reason"])
    if told["outcome"] != "done":
        raise Problem(502, "replay.failed", "The replay was tried and failed.", reason=told["reason"])
    return answer(told)

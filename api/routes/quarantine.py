"""The quarantine: what nobody could understand yet, and the second try after a fix."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import Identity, role
from api.answers import answer, page
from api.deck import Deck, OfDeck
from api.problems import Problem, not_found
from api.queries import QuarantineQuery
from api.routes.results import Entry, is_event_id
from api.schemas import ItemList, Replayed, documented
from storage.contract import Row

router = APIRouter(tags=["quarantine"])


@router.get("/quarantine", dependencies=[role("reporter")], responses=documented(ItemList, 400, 422))
async def quarantine(deck: OfDeck, wanted: Annotated[QuarantineQuery, Query()]) -> Response:
    """What waits at the edges and at the hub, newest first; the bytes themselves stay where they are."""
    return page(await deck.reader.quarantine(wanted.state, limit=wanted.limit, cursor=wanted.cursor))


@router.post("/quarantine/{entry}/replay", responses=documented(Replayed, 404, 409, 502, 504))
async def replay(deck: OfDeck, entry: Entry, who: Annotated[Identity, role("operator")]) -> Response:
    """Interpret the bytes again, with what the edge knows now: by command; tells what came of it."""
    await entry_row(deck, entry)
    return settled(await deck.hub.replay(entry, who.id))


@router.post("/quarantine/{entry}/discard", responses=documented(Replayed, 404, 409, 502, 504))
async def discard(deck: OfDeck, entry: Entry, who: Annotated[Identity, role("operator")]) -> Response:
    """A person decides that the bytes mean nothing; they stay at the edge as long as any capture."""
    await entry_row(deck, entry)
    return settled(await deck.hub.discard(entry, who.id))


async def entry_row(deck: Deck, entry: str) -> Row:
    """Raises Problem 404."""
    found = await deck.reader.quarantined(entry) if is_event_id(entry) else None
    if found is None:
        raise not_found("entry")
    return found


def settled(told: dict[str, Any]) -> Response:
    """{outcome reason events}; raises the Problem of a decision that was not carried out."""
    outcome, reason = told["outcome"], told["reason"]
    if outcome == "refused":
        raise Problem(409, "replay.refused", "It was refused; nothing was changed.", reason=reason)
    if outcome == "away":
        raise Problem(504, "edge.no_answer", "The edge did not answer; the command expires.", reason=reason)
    if outcome == "expired":
        raise Problem(
            504, "edge.too_late", "The edge heard of it too late; nothing was changed.", reason=reason
        )
    if outcome != "done":
        raise Problem(502, "replay.failed", "It was tried and failed.", reason=reason)
    return answer(told)

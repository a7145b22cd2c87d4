"""Time-series servers that are fed from the store: how each stands, what it refused, a pause."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from api.access import Identity, role
from api.answers import answer, listing
from api.deck import Deck, OfDeck
from api.problems import not_found
from api.projections import projection_rows, rejected_row
from api.queries import PageQuery
from api.schemas import ItemList, documented

router = APIRouter(tags=["projections"])
Name = Annotated[str, InPath(pattern=r"^[a-z0-9_-]{1,64}$", description="Name of a [[projection]].")]
Action = Literal["pause", "resume"]
EXAMPLE = {
    "id": "victoria",
    "type": "projection",
    "site": None,
    "device": None,
    "time": "2026-11-22T06:44:10.250Z",
    "received": None,
    "state": "following",
    "reason": "",
    "number": 1480213,
    "history_before": None,
    "rejected": 0,
    "series_over_limit": 0,
    "lag_s": 0.0,
    "paused_by": "",
    "paused_since": None,
    "backlog": 0,
    "points": 1480502,
    "rewinds": 1,
    "series": 412,
    "samples_waiting": 0,
    "samples_dropped": 0,
    "last_answer": "written",
    "last_answer_at": "2026-11-22T06:44:40.100Z",
}
_REJECTED = {
    "id": None,
    "type": "projection.rejected",
    "site": None,
    "device": None,
    "time": "2026-11-22T06:44:10.250Z",
    "received": None,
    "number": 1480213,
    "at": "2026-11-22T06:44:10.250Z",
    "reason": "field type conflict",
    "line": "epihub_reading,device=tu-01,edge=edge-1 value=4.5 1795355050250",
}


class Decided(BaseModel):
    """It is in the log and holds over restarts."""

    outcome: str = Field(examples=["done"])


@router.get("/projections", dependencies=[role("reporter")], responses=documented(ItemList, example=EXAMPLE))
async def projections(deck: OfDeck) -> Response:
    """Each by name. ``state`` unknown: its process is away; unused: the configuration does not name it."""
    return listing(await projection_rows(deck))


@router.get(
    "/projections/{name}/rejected",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 404, 422, example=_REJECTED),
)
async def rejected(deck: OfDeck, name: Name, wanted: Annotated[PageQuery, Query()]) -> Response:
    """Lines that its server refused, newest first; ``number`` 0: of history, an hour or a sample."""
    await _require(deck, name)
    found = await deck.reader.rejected(name, limit=wanted.limit, cursor=wanted.cursor)
    return listing(map(rejected_row, found.items), found.next_cursor)


@router.post("/projections/{name}/pause", responses=documented(Decided, 404, 503))
async def pause(deck: OfDeck, name: Name, who: Annotated[Identity, role("admin")]) -> Response:
    """Send nothing more until it is resumed, also after a restart; the store keeps what waits."""
    return await _decide(deck, name, "pause", who)


@router.post("/projections/{name}/resume", responses=documented(Decided, 404, 503))
async def resume(deck: OfDeck, name: Name, who: Annotated[Identity, role("admin")]) -> Response:
    """Go on where it stood."""
    return await _decide(deck, name, "resume", who)


async def _decide(deck: Deck, name: str, action: Action, who: Identity) -> Response:
    await _require(deck, name)
    return answer(await deck.hub.decide_projection(name, action, who.id))


async def _require(deck: Deck, name: str) -> None:
    """Raises Problem 404."""
    if name not in {row.name for row in await deck.reader.projections()}:
        raise not_found("projection")

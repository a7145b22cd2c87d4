"""Forwards of an edge: what waits for a hospital's own system, what was given up, and a person's decision."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import answer, listing
from api.deck import Deck, OfDeck
from api.edge.forwards import Choice, Decider
from api.edge.routes.captures import NOT_HERE, bad_cursor
from api.edge.routes.edges import EdgeName
from api.edge.whose import edge_here
from api.queries import PageQuery
from api.schemas import ItemList, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["forwards"])
AT = EVERYWHERE
ForwardName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of a [[forward]].")]
_CURSOR = re.compile(r"[0-9]{1,18}\Z")


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: Literal["WAITING", "DELIVERED", "DEAD", "SKIPPED"] | None = None


class ChoiceBody(BaseModel):
    """About which message; without it about all that were given up."""

    model_config = ConfigDict(extra="forbid")

    capture: str | None = Field(None, pattern=r"^[0-9a-f]{32}$")


class Changed(BaseModel):
    """How many deliveries a decision changed."""

    changed: int


@router.get(
    "/edges/{edge}/forwards", dependencies=[role("reporter")], responses=documented(ItemList, *NOT_HERE)
)
async def forwards(deck: OfDeck, edge: EdgeName) -> Response:
    """Every queue: how many wait, how many were given up, and why nothing is delivered just now."""
    return listing(await (await edge_here(deck, edge)).forwards())


@router.get(
    "/edges/{edge}/forwards/{forward}/deliveries",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, *NOT_HERE),
)
async def deliveries(
    deck: OfDeck, edge: EdgeName, forward: ForwardName, wanted: Annotated[DeliveryQuery, Query()]
) -> Response:
    """Deliveries of one forward, the newest first; never the bytes."""
    if wanted.cursor is not None and not _CURSOR.match(wanted.cursor):
        raise bad_cursor()
    link = await edge_here(deck, edge)
    asked: dict[str, Any] = {"forward": forward, "state": wanted.state, "limit": wanted.limit}
    if wanted.cursor is not None:
        asked["before"] = int(wanted.cursor)
    rows, last = await link.deliveries(**asked)
    return listing(rows, str(last) if last else None)


@router.post("/edges/{edge}/forwards/{forward}/retry", responses=documented(Changed, 409, 422, *NOT_HERE))
async def retry(
    deck: OfDeck,
    edge: EdgeName,
    forward: ForwardName,
    who: Annotated[Identity, role("operator")],
    body: ChoiceBody | None = None,
) -> Response:
    """Send again: one message, a delivered one too, or all that were given up. Who did is in the audit."""
    return await _decide(deck, edge, "retry", forward, body, who)


@router.post("/edges/{edge}/forwards/{forward}/skip", responses=documented(Changed, 409, 422, *NOT_HERE))
async def skip(
    deck: OfDeck,
    edge: EdgeName,
    forward: ForwardName,
    who: Annotated[Identity, role("operator")],
    body: ChoiceBody | None = None,
) -> Response:
    """Never send it: one message, or all that were given up. Who did is in the audit."""
    return await _decide(deck, edge, "skip", forward, body, who)


@router.get(
    "/edges/{edge}/decisions",
    dependencies=[role("admin")],
    responses=documented(ItemList, 422, *NOT_HERE),
)
async def decisions(deck: OfDeck, edge: EdgeName, wanted: Annotated[PageQuery, Query()]) -> Response:
    """The audit of decisions about forwards, the newest first: who, when, what."""
    return listing(await (await edge_here(deck, edge)).decisions(wanted.limit))


async def _decide(
    deck: Deck, edge: str, choice: Choice, forward: str, body: ChoiceBody | None, who: Identity
) -> Response:
    link = await edge_here(deck, edge)
    capture = (body and body.capture) or ""
    return answer({"changed": await link.decide(choice, forward, capture, Decider(who.id, "api"))})

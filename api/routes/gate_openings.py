"""A gate is opened by hand: by command to its edge, audited before anything is sent."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import answer, listing
from api.deck import OfDeck
from api.gate_openings import settled
from api.queries import PageQuery
from api.routes.devices import DeviceName
from api.schemas import ItemList, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["gates"])
AT = EVERYWHERE


class OpeningBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=5,
        max_length=500,
        description="Stays in the audit file of the machine that was asked.",
        examples=["Xe cấp cứu"],
    )


class Opened(BaseModel):
    """How it ended."""

    outcome: str = Field(examples=["done"])
    reason: str
    command: str = Field(description="Its command.result.v1 names it.", examples=["9f2e6b7c8d9e0f11"])


@router.post("/gates/{device}/open", responses=documented(Opened, 404, 409, 422, 502, 503, 504))
async def open_gate(
    deck: OfDeck, device: DeviceName, body: OpeningBody, who: Annotated[Identity, role("operator")]
) -> Response:
    """Open it once, for as long as it opens for an allowed scan; 200 when its relay has taken it."""
    if deck.settings.has_hub or deck.edge is None:
        told = await deck.hub.open_gate(device, who.id, body.reason)
    else:
        told = await deck.edge.open_gate(device, who.id, body.reason)
    return answer(settled(told))


@router.get("/gates/openings", dependencies=[role("admin")], responses=documented(ItemList, 422))
async def openings(deck: OfDeck, wanted: Annotated[PageQuery, Query()]) -> Response:
    """Who opened which gate by hand, when and why: the audit of this machine, newest first."""
    if deck.settings.has_hub or deck.edge is None:
        return listing(await deck.hub.gate_openings(wanted.limit))
    return listing(await deck.edge.gate_openings(wanted.limit))

"""What a person wants a camera's edge to do: by command, audited before anything is sent."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access import Identity, role
from api.answers import answer
from api.command_ends import EndWords, settled
from api.deck import OfDeck
from api.routes.devices import DeviceName
from api.schemas import documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["cameras"])
AT = EVERYWHERE
Action = Literal["check", "reference", "login"]
_WORDS = EndWords(
    "camera",
    "The camera's edge refused; nothing was done.",
    "It was tried and did not work.",
    "The camera's edge heard of it too late; nothing was done.",
    "No answer of the camera's edge; the command has expired.",
)


class Done(BaseModel):
    """How it ended."""

    outcome: str = Field(examples=["done"])
    reason: str
    command: str = Field(description="Its command.result.v1 names it.", examples=["9f2e6b7c8d9e0f11"])


_ENDS = documented(Done, 404, 409, 502, 503, 504)


@router.post("/cameras/{device}/check", responses=_ENDS)
async def check_now(deck: OfDeck, device: DeviceName, who: Annotated[Identity, role("operator")]) -> Response:
    """Judge its picture now, not at the next turn."""
    return await _ask(deck, device, "check", who)


@router.post("/cameras/{device}/reference", responses=_ENDS)
async def accept_reference(
    deck: OfDeck, device: DeviceName, who: Annotated[Identity, role("operator")]
) -> Response:
    """What it shows now is right: it is judged by that from now on."""
    return await _ask(deck, device, "reference", who)


@router.post("/cameras/{device}/login", responses=_ENDS)
async def retry_login(
    deck: OfDeck, device: DeviceName, who: Annotated[Identity, role("operator")]
) -> Response:
    """Log in again although the camera has refused it three times."""
    return await _ask(deck, device, "login", who)


async def _ask(deck: OfDeck, device: str, action: Action, who: Identity) -> Response:
    if deck.settings.has_hub or deck.edge is None:
        told = await deck.hub.ask_camera(device, action, who.id)
    else:
        told = await deck.edge.ask_camera(device, action, who.id)
    return answer(settled(told, _WORDS))

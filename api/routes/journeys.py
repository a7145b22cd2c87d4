"""Where is my result: a specimen in, one line of times out for each of its results."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import role
from api.answers import answer, complete
from api.deck import OfDeck
from api.journeys import follow
from api.schemas import Item, documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["journeys"])
AT = EVERYWHERE


class JourneyQuery(BaseModel):
    """Whose results."""

    model_config = ConfigDict(extra="forbid")

    specimen: str = Field(min_length=1, max_length=128, examples=["TN2611-0042"])


class Step(BaseModel):
    """One step on the way."""

    model_config = ConfigDict(extra="allow")

    step: str = Field(description="received, answered, mapped, bus, stored or forward.", examples=["stored"])
    state: str = Field(description="done, waiting, trouble, or unknown.", examples=["done"])
    time: str | None = Field(examples=["2026-11-22T06:45:00.000Z"])
    reason: str = Field(description="A code, or empty.")


class Journey(Item):
    """One result of the specimen with its steps."""

    steps: list[Step]


class Searched(BaseModel):
    """What was looked through, so that nothing found can be understood."""

    store: bool
    edge: str | None = Field(description="The edge beside us; null: none.")
    since: str | None = Field(description="How far back the edge's events were looked through.")
    elsewhere: list[dict[str, str | None]] = Field(
        description="{id url} of edges that only answer themselves."
    )
    quarantined: int | None = Field(description="Messages at the edge that name no specimen to anybody yet.")


class JourneyList(BaseModel):
    """``orders``: those of the specimen at the edge beside us; null where they live elsewhere."""

    items: list[Journey]
    next_cursor: None = None
    orders: list[Item] | None
    searched: Searched


@router.get("/journeys", dependencies=[role("operator")], responses=documented(JourneyList, 422))
async def journeys(deck: OfDeck, wanted: Annotated[JourneyQuery, Query()]) -> Response:
    """Every result of a specimen with what became of it, newest first, and the orders that wait for it."""
    found = await follow(deck, wanted.specimen)
    orders = None if found.orders is None else [complete(row) for row in found.orders]
    items = [complete(row) for row in found.items]
    return answer({"items": items, "next_cursor": None, "orders": orders, "searched": found.searched})

"""Systems that get what the store holds: how each stands, its outbox, a pause, replay; and webhooks."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import answer, complete, listing
from api.deck import OfDeck
from api.destinations import destination_rows, webhook_row
from api.queries import PageQuery
from api.schemas import Item, ItemList, documented

router = APIRouter(tags=["destinations"])
Name = Annotated[
    str, InPath(pattern=r"^[a-z0-9_-]{1,64}$", description="Name of a [[destination]], or id of a webhook.")
]
TypePattern = Annotated[str, Field(pattern=r"^[a-z0-9.*?-]{1,64}$", examples=["lab.*"])]
SiteId = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$", examples=["bv-thong-nhat"])]
Number = Annotated[int, Field(ge=1, le=2**63 - 1, examples=[1480213])]
EXAMPLE = {
    "id": "central",
    "type": "destination",
    "site": None,
    "device": None,
    "time": "2026-11-22T06:44:10.250Z",
    "received": None,
    "kind": "webhook",
    "state": "following",
    "reason": "",
    "number": 1480213,
    "backlog": 0,
    "lag_seconds": 0.0,
    "wanted": 5120,
    "taken": 5117,
    "replayed": 0,
    "dropped": 0,
    "forgotten": 0,
    "waiting": 1,
    "dead": 2,
    "waiting_since": "2026-11-22T06:40:01.000Z",
    "paused_by": "",
    "paused_since": None,
    "last_answer": "http.204",
    "last_answer_at": "2026-11-22T06:44:10.100Z",
    "answers": {"taken": 5117, "again": 4},
}
_OUTBOX = {
    "id": "019aa3f0-0000-8000-8000-000000000001",
    "type": "destination.outbox",
    "site": None,
    "device": None,
    "time": "2026-11-22T06:40:01.000Z",
    "received": None,
    "number": 1480200,
    "event": "019aa3f0-0000-8000-8000-000000000001",
    "event_type": "lab.result.v1",
    "state": "dead",
    "attempts": 1,
    "first_failed": "2026-11-22T06:40:01.000Z",
    "next_attempt": None,
    "reason": "http.422",
}
_WEBHOOK = {
    "id": "wh-5f0c1a2b3c4d",
    "type": "webhook",
    "site": None,
    "device": None,
    "time": "2026-11-22T06:40:01.000Z",
    "received": None,
    "url": "https://lis.example/epihub",
    "types": ["lab.*"],
    "sites": [],
    "created": "2026-11-22T06:40:01.000Z",
    "created_by": "lan",
    "rotating": False,
}


class OutboxQuery(PageQuery):
    """Which rows."""

    state: Literal["waiting", "dead"] = Field(default="dead", description="Dead letters, or what waits.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ordered(BaseModel):
    """It is in the log, and holds over restarts."""

    outcome: str = Field(examples=["done"])
    events: int = Field(default=0, description="How many rows it changed.", examples=[2])
    next_number: int | None = Field(default=None, description="Of a replay that has more: go on from here.")


class Replay(_Body):
    """What is sent again: dead letters, these numbers, or a part of the log."""

    dead: bool = Field(default=False, description="All dead letters, of ``types`` if those are given.")
    numbers: list[Number] | None = Field(default=None, max_length=1000)
    from_number: Number | None = None
    to_number: Number | None = None
    types: list[TypePattern] = Field(default=[], max_length=50)
    sites: list[SiteId] = Field(default=[], max_length=1000)


class Drop(_Body):
    """Dead letters that nobody wants any more."""

    numbers: list[Number] = Field(min_length=1, max_length=1000)


class NewWebhook(_Body):
    """Where to, and of what."""

    url: str = Field(max_length=500, pattern=r"^https://", examples=["https://lis.example/epihub"])
    types: list[TypePattern] = Field(default=[], max_length=50, description="All if left out.")
    sites: list[SiteId] = Field(default=[], max_length=1000, description="All if left out.")


@router.get(
    "/destinations", dependencies=[role("reporter")], responses=documented(ItemList, 503, example=EXAMPLE)
)
async def destinations(deck: OfDeck) -> Response:
    """Each by name; ``wanted + replayed = taken + dropped + waiting + dead``, always."""
    return listing(await destination_rows(deck))


@router.get(
    "/destinations/{name}/outbox",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 404, 422, 503, example=_OUTBOX),
)
async def outbox(
    deck: OfDeck,
    name: Name,
    wanted: Annotated[OutboxQuery, Query()],
) -> Response:
    """Dead letters, or what waits for another attempt, by number."""
    found = await deck.hub.destination(
        "outbox", name=name, state=wanted.state, limit=wanted.limit, cursor=wanted.cursor
    )
    rows = [
        {"id": row["event"] or None, "type": "destination.outbox", "time": row["first_failed"], **row}
        for row in found["items"]
    ]
    return listing(rows, found["next_cursor"])


@router.post("/destinations/{name}/pause", responses=documented(Ordered, 404, 503))
async def pause(deck: OfDeck, name: Name, who: Annotated[Identity, role("admin")]) -> Response:
    """Send nothing more until it is resumed, also after a restart."""
    return answer(await deck.hub.destination("pause", name=name, by=who.id))


@router.post("/destinations/{name}/resume", responses=documented(Ordered, 404, 503))
async def resume(deck: OfDeck, name: Name, who: Annotated[Identity, role("admin")]) -> Response:
    """Go on where it stood and try at once; also one that its receiver disabled."""
    return answer(await deck.hub.destination("resume", name=name, by=who.id))


@router.post("/destinations/{name}/replay", responses=documented(Ordered, 404, 422, 503))
async def replay(deck: OfDeck, name: Name, what: Replay, who: Annotated[Identity, role("admin")]) -> Response:
    """Send again with the ids that they had, 10,000 at a time."""
    return answer(await deck.hub.destination("replay", name=name, by=who.id, **what.model_dump()))


@router.post("/destinations/{name}/drop", responses=documented(Ordered, 404, 422, 503))
async def drop(deck: OfDeck, name: Name, what: Drop, who: Annotated[Identity, role("admin")]) -> Response:
    """Forget dead letters; they are counted as dropped."""
    return answer(await deck.hub.destination("drop", name=name, by=who.id, numbers=what.numbers))


@router.get("/webhooks", dependencies=[role("admin")], responses=documented(ItemList, 503, example=_WEBHOOK))
async def webhooks(deck: OfDeck) -> Response:
    """Those that were made by this API, without their secrets."""
    told = await deck.hub.webhook("list")
    return listing([webhook_row(each) for each in told["items"]])


@router.post("/webhooks", status_code=201, responses=documented(Item, 422, 503))
async def add_webhook(deck: OfDeck, what: NewWebhook, who: Annotated[Identity, role("admin")]) -> Response:
    """Its ``secret`` is told this once; it begins with what comes from now on."""
    told = await deck.hub.webhook("add", by=who.id, **what.model_dump())
    return _made(told, 201)


@router.post("/webhooks/{name}/rotate", responses=documented(Item, 404, 422, 503))
async def rotate_webhook(
    deck: OfDeck,
    name: Name,
    who: Annotated[Identity, role("admin")],
    finish: Annotated[bool, Query(description="End the exchange: only the new secret signs.")] = False,
) -> Response:
    """A new secret beside the one in force: both sign until the exchange is ended."""
    return _made(await deck.hub.webhook("rotate", name=name, by=who.id, finish=finish), 200)


@router.delete("/webhooks/{name}", responses=documented(Ordered, 404, 503))
async def remove_webhook(deck: OfDeck, name: Name, who: Annotated[Identity, role("admin")]) -> Response:
    """Nothing more is sent; what waits for it stays in its outbox."""
    return answer(await deck.hub.webhook("remove", name=name, by=who.id))


def _made(told: dict[str, Any], status: int) -> Response:
    """Kept by nobody on the way."""
    made = answer(complete({**webhook_row(told), "secret": told.get("secret")}), status)
    made.headers["Cache-Control"] = "no-store"
    return made

"""Health: alive, ready, and the numbers of one scrape; with and without the prefix."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from api.access import ANYONE, Identity, role
from api.answers import answer
from api.deck import Deck, OfDeck
from api.link import Health
from api.problems import Problem
from api.scope import not_served
from api.settings import EVERYWHERE
from hub.errors import StoreUnavailable
from hub.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])
AT = EVERYWHERE


@router.get("/healthz", dependencies=[role(ANYONE)])
async def healthz() -> Response:
    """This process answers; says nothing about the hub or the edge beside it."""
    return answer({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "Not ready."}})
async def readyz(deck: OfDeck, who: Annotated[Identity | None, role(ANYONE)]) -> Response:
    """200 when what stands behind the API can be had; reporters also get each component's reason."""
    health = await readiness(deck)
    told: dict[str, Any] = {"status": health.status}
    if who is not None and who.may("reporter"):
        told["components"] = health.components
    return answer(told, 503 if health.status == "down" else 200)


@router.get("/metrics", dependencies=[role("public")], responses={200: {"content": {"text/plain": {}}}})
async def metrics(deck: OfDeck) -> Response:
    """Prometheus text: the samples of the process beside us, then our own; only ours while it is away."""
    if deck.scope is not None:  # they name devices of every site
        raise not_served()
    try:
        told, up = await deck.hub.metrics(), True
    except Problem:
        told, up = "", False
    text = told + ("\n" if told and not told.endswith("\n") else "") + deck.meters.text(hub_up=up)
    return Response(text, media_type=CONTENT_TYPE)


async def readiness(deck: Deck) -> Health:
    """Health of what stands beside us, with the line that this process adds: ``store_reader``."""
    who = "hub" if deck.settings.has_hub else "edge"
    try:
        health = await deck.hub.health()
    except Problem:
        health = Health("down", {who: {"state": "down", "reason": f"{who}.away"}})
    if deck.store is None:
        return health
    try:
        await deck.reader.figures()
    except StoreUnavailable:
        store = {"state": "down", "reason": "store.unavailable"}
        return Health("down", health.components | {"store_reader": store})
    return Health(health.status, health.components | {"store_reader": {"state": "ok", "reason": ""}})


root = router

"""Health: alive, ready, and the numbers of one scrape; with and without the prefix."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from api.access import ANYONE, Identity, role
from api.answers import answer
from api.deck import Deck, OfDeck
from api.link import Health
from api.problems import Problem
from hub.errors import StoreUnavailable
from hub.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])


@router.get("/healthz", dependencies=[role(ANYONE)])
async def healthz() -> Response:
    """This process answers; says nothing about the hub."""
    return answer({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "Not ready."}})
async def readyz(deck: OfDeck, who: Annotated[Identity | None, role(ANYONE)]) -> Response:
    """200 when store and hub process can be had; reporters also get each component's reason."""
    health = await readiness(deck)
    told: dict[str, Any] = {"status": health.status}
    if who is not None and who.may("reporter"):
        told["components"] = health.components
    return answer(told, 503 if health.status == "down" else 200)


@router.get("/metrics", dependencies=[role("public")], responses={200: {"content": {"text/plain": {}}}})
async def metrics(deck: OfDeck) -> Response:
    """Prometheus text: the hub's samples of one moment, then our own. Without a hub process only our own."""
    try:
        told, up = await deck.hub.metrics(), True
    except Problem:
        told, up = "", False
    text = told + ("\n" if told and not told.endswith("\n") else "") + deck.meters.text(hub_up=up)
    return Response(text, media_type=CONTENT_TYPE)


async def readiness(deck: Deck) -> Health:
    """The hub's health with the two lines that this process adds: ``hub`` and ``store_reader``."""
    try:
        health = await deck.hub.health()
    except Problem:
        health = Health("down", {"hub": {"state": "down", "reason": "hub.away"}})
    try:
        await deck.reader.figures()
    except StoreUnavailable:
        store = {"state": "down", "reason": "store.unavailable"}
        return Health("down", health.components | {"store_reader": store})
    return Health(health.status, health.components | {"store_reader": {"state": "ok", "reason": ""}})


root = router

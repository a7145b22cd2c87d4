"""Devices that push: the body goes to the device's adapter at the edge, the answer comes after its commit."""

from fastapi import APIRouter, Request, Response

from api.access import role
from api.deck import Deck, OfDeck
from api.edge.whose import elsewhere
from api.problems import Problem, not_found
from api.routes.devices import DeviceName
from api.schemas import pushed
from api.settings import EVERYWHERE

router = APIRouter(tags=["ingest"])
AT = EVERYWHERE
NO_ROUTE = 404
_CREDENTIALS = frozenset({"authorization", "cookie"})  # an adapter needs none


@router.post("/ingest/{device}", dependencies=[role("device", "admin")], responses=pushed(404, 413, 421, 503))
async def ingest(deck: OfDeck, device: DeviceName, request: Request) -> Response:
    """What the device's kind defines; 2xx only when it is on disk at the edge (design 8)."""
    body = await request.body()
    if deck.edge is None:
        raise await at_its_edge(deck, device)
    told = await deck.edge.ingest(
        f"/ingest/{device}",
        headers_of(request),
        dict(request.query_params),
        body,
        request.client.host if request.client else "",
        keyed=True,
    )
    if told.status == NO_ROUTE and not told.body:
        raise not_found("device")
    return Response(told.body, told.status, told.headers, told.content_type)


def headers_of(request: Request) -> dict[str, str]:
    """What an adapter may see."""
    return {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}


async def at_its_edge(deck: Deck, device: str) -> Problem:
    """A hub apart has no adapters: the device's edge takes what it pushes."""
    found = await deck.inventory.device(device)
    edge = (found or {}).get("edge")
    return elsewhere(deck, str(edge)) if edge else not_found("device")

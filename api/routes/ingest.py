"""Devices that push: the body goes to the device's adapter at the edge, the answer comes after its commit."""

from fastapi import APIRouter, Request, Response

from api.access import role
from api.deck import OfDeck
from api.problems import not_found
from api.routes.devices import DeviceName
from api.schemas import pushed

router = APIRouter(tags=["ingest"])
NO_ROUTE = 404


@router.post("/ingest/{device}", dependencies=[role("device", "admin")], responses=pushed(404, 413, 503))
async def ingest(deck: OfDeck, device: DeviceName, request: Request) -> Response:
    """What the device's kind defines; 2xx only when it is on disk at the edge (design 8)."""
    told = await deck.hub.ingest(
        f"/ingest/{device}",
        dict(request.headers),
        dict(request.query_params),
        await request.body(),
        request.client.host if request.client else "",
    )
    if told.status == NO_ROUTE and not told.body:
        raise not_found("device")
    return Response(told.body, told.status, told.headers, told.content_type)

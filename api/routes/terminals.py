"""Where terminals of gates push to: their paths are their makers', and some can send no key.

Who may is decided at the edge, by the device's settings: a device key, or the network that it stands in.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Identity, role
from api.deck import Deck, OfDeck
from api.problems import not_found
from api.routes.devices import DeviceName
from api.routes.ingest import NO_ROUTE, at_its_edge, headers_of
from api.settings import EVERYWHERE

router = APIRouter(include_in_schema=False)
root = APIRouter()
AT = EVERYWHERE

Anybody = Annotated[Identity | None, role("anyone")]
Serial = Annotated[str, Query(alias="SN", pattern=r"^[A-Za-z0-9_-]{4,32}$")]
What = Annotated[str, Path(pattern=r"^[a-z]{2,16}(\.aspx)?$")]


@root.api_route("/iclock/{what}", methods=["GET", "POST"])
async def iclock(deck: OfDeck, what: What, serial: Serial, request: Request, who: Anybody) -> Response:
    """ZKTeco's push protocol; the terminal is known by its serial number."""
    if deck.edge is None:
        raise not_found("device")
    path = f"/iclock/{serial}/{what.removesuffix('.aspx')}"
    return await _pushed(deck, path, request, who)


@root.post("/isapi/{device}")
async def isapi(deck: OfDeck, device: DeviceName, request: Request, who: Anybody) -> Response:
    """Hikvision's event notification."""
    if deck.edge is None:
        raise await at_its_edge(deck, device)
    return await _pushed(deck, f"/isapi/{device}", request, who)


async def _pushed(deck: Deck, path: str, request: Request, who: Identity | None) -> Response:
    assert deck.edge is not None
    told = await deck.edge.ingest(
        path,
        headers_of(request),
        dict(request.query_params),
        await request.body(),
        request.client.host if request.client else "",
        method=request.method,
        keyed=who is not None and (who.may("device") or who.may("admin")),
    )
    if told.status == NO_ROUTE and not told.body:
        raise not_found("device")
    return Response(told.body, told.status, told.headers, told.content_type)

"""Orders: what a laboratory wants measured. They live at the edge that has the analyzers (ADR 10)."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from api.access import Identity, role
from api.answers import item, listing
from api.deck import Deck, OfDeck
from api.edge.link import EdgeLink
from api.edge.order_schemas import (
    OrderBodies,
    OrderBody,
    OrderItem,
    OrderList,
    OrderQuery,
    StandingOrder,
    StandingOrders,
)
from api.edge.routes.captures import bad_cursor
from api.edge.whose import elsewhere, known_edges
from api.problems import Problem
from api.schemas import documented
from api.settings import EVERYWHERE

router = APIRouter(tags=["orders"])
AT = EVERYWHERE
OrderName = Annotated[
    str, Path(pattern=r"^[!-~]{1,64}$", description="The placer's number.", examples=["TN2611-0042-1"])
]
_CURSOR = re.compile(r"[0-9]{1,18}\Z")


@router.put("/orders", responses=documented(StandingOrders, 404, 409, 413, 421, 422))
async def place(
    deck: OfDeck,
    who: Annotated[Identity, role("operator")],
    orders: Annotated[OrderBodies, Body()],
) -> Response:
    """Place one order, or a list of at most 1,000: all of them or, where one is refused, none.

    Idempotent by ``order``. Answered when they are on disk at the edge: a query gets them from then on.
    """
    link = await _edge_of(deck, orders)
    return listing(await link.place_orders([given.told() for given in orders], who.id))


@router.delete("/orders/{order}", responses=documented(StandingOrder, 404, 409, 421, 422))
async def cancel(deck: OfDeck, order: OrderName, who: Annotated[Identity, role("operator")]) -> Response:
    """Cancel it; a device that has it already and takes orders unasked is told."""
    link = await _edge_of(deck, ())
    (row,) = await link.place_orders([{"order": order, "cancelled": True}], who.id)
    return item(row)


@router.get("/orders", dependencies=[role("reporter")], responses=documented(OrderList, 400, 421, 422))
async def orders(deck: OfDeck, wanted: Annotated[OrderQuery, Query()]) -> Response:
    """Orders, the newest first, 150 a page; ``device``: whose they are, or who took them."""
    if wanted.cursor is not None and not _CURSOR.match(wanted.cursor):
        raise bad_cursor()
    told: dict[str, Any] = wanted.model_dump(exclude_none=True, exclude={"cursor"})
    if wanted.cursor is not None:
        told["before"] = int(wanted.cursor)
    rows, last = await (await _edge_of(deck, ())).orders(**told)
    return listing(rows, str(last) if last else None)


@router.get(
    "/orders/{order}", dependencies=[role("reporter")], responses=documented(OrderItem, 404, 421, 422)
)
async def order(deck: OfDeck, order: OrderName) -> Response:
    """One order: its state, and which event gave which test its final result."""
    return item(await (await _edge_of(deck, ())).order(order))


async def _edge_of(deck: Deck, orders: list[OrderBody] | tuple[()]) -> EdgeLink:
    """The edge beside us; a hub apart names where the orders are to go instead (design 4)."""
    if deck.edge is not None:
        return deck.edge
    for device in {given.device for given in orders if given.device}:
        if edge := ((await deck.inventory.device(device)) or {}).get("edge"):
            raise elsewhere(deck, str(edge))
    known = await known_edges(deck)
    if len(known) == 1:
        raise elsewhere(deck, known[0])
    told = [{"id": name, "url": deck.settings.url_of_edge(name)} for name in known]
    raise Problem(421, "edge.elsewhere", "Orders live at the edge of their analyzers: ask there.", edges=told)

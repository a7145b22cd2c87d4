"""Edges: the one beside this API with its figures, others with their address."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.access import role
from api.answers import answer, complete, item, listing
from api.deck import Deck, OfDeck
from api.edge.schemas import EdgeState
from api.edge.whose import edge_here, known_edges
from api.problems import not_found
from api.schemas import ItemList, documented
from api.settings import EVERYWHERE
from hub.events import format_time
from storage.contract import Row

router = APIRouter(tags=["edges"])
AT = EVERYWHERE
EdgeName = Annotated[
    str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of an edge.", examples=["edge-1"])
]


@router.get("/edges", dependencies=[role("reporter")], responses=documented(ItemList))
async def edges(deck: OfDeck) -> Response:
    """Every edge that is known here; of one elsewhere only its address and what the hub has of it."""
    return listing([await edge_row(deck, name) for name in await known_edges(deck)])


@router.get("/edges/{edge}", dependencies=[role("reporter")], responses=documented(EdgeState, 404))
async def edge(deck: OfDeck, edge: EdgeName) -> Response:
    """One edge: what waits, how full its spool is, its line to the bus."""
    if edge not in await known_edges(deck):
        raise not_found("edge")
    return item(await edge_row(deck, edge))


@router.get(
    "/edges/{edge}/analyzers", dependencies=[role("reporter")], responses=documented(ItemList, 404, 421, 422)
)
async def analyzers(deck: OfDeck, edge: EdgeName) -> Response:
    """How each analyzer of this edge stands by what it sent lately: rhythm, unmapped codes, clock, queues."""
    rows, looked = await (await edge_here(deck, edge)).analyzers()
    items = [complete(row | {"time": row["since"], "received": row["last_message"]}) for row in rows]
    return answer({"items": items, "next_cursor": None} | looked)


@router.get(
    "/edges/{edge}/tests", dependencies=[role("reporter")], responses=documented(ItemList, 404, 421, 422)
)
async def tests(deck: OfDeck, edge: EdgeName) -> Response:
    """The tests that can be ordered of each analyzer of this edge, as far as its profile names them."""
    return listing(await (await edge_here(deck, edge)).orderable())


async def edge_row(deck: Deck, edge: str) -> Row:
    """Raises Problem 503 when it is beside us and does not answer."""
    row: Row = {"id": edge, "type": "edge", "url": deck.settings.url_of_edge(edge)}
    here = deck.edge is not None and edge == deck.settings.edge
    row["here"] = here
    if deck.store is not None:
        marks = (await deck.reader.figures()).watermarks
        row["receipts"] = [{"epoch": mark.epoch, "seq": mark.seq} for mark in marks if mark.edge == edge]
    if deck.edge is not None and here:
        row |= status_row(await deck.edge.status())
    return row


def status_row(told: dict[str, Any]) -> Row:
    """The edge's own figures with times as RFC 3339."""
    bus = told["bus"]
    kept = {name: told[name] for name in ("site", "version", "spool", "quarantined", "unsendable")}
    since = format_time(bus["since_ms"]) if bus["since_ms"] else None
    oldest = told["oldest_waiting_ms"]
    return kept | {
        "bus": {"connected": bus["connected"], "since": since, "hub_online": bus["hub_online"]},
        "oldest_waiting": None if oldest is None else format_time(oldest),
    }

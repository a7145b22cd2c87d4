"""Follows a specimen through what stands behind this API: the edge beside us, the store, or both."""

from dataclasses import dataclass
from typing import Any

from api.deck import Deck
from api.edge.captures_by_specimen import captures_naming
from api.edge.whose import known_edges
from api.journey_steps import from_edge, from_store
from hub.events import format_time
from storage.contract import ResultFilter, Row

MOST_RESULTS = 100
MOST_ORDERS = 50


@dataclass(frozen=True, slots=True)
class Followed:
    """``orders`` None: they live at another edge. ``searched``: what was looked through, and how far."""

    items: list[Row]
    orders: list[Row] | None
    searched: dict[str, Any]


async def follow(deck: Deck, specimen: str) -> Followed:
    """Newest first; raises Problem 503 or StoreUnavailable where what should be asked is away."""
    told, since_ms, quarantined, orders = await _at_edge(deck, specimen)
    rows = await _in_store(deck, specimen)
    ids = [str(row["id"]) for row in [*told, *rows]]
    arrivals = await deck.reader.arrivals(ids) if deck.store is not None else None
    items = [from_edge(row, deck.settings.edge, arrivals) for row in told]
    seen = {item["id"] for item in items}
    items += [from_store(row, arrivals or {}) for row in rows if row["id"] not in seen]
    searched = {
        "store": deck.store is not None,
        "edge": deck.settings.edge if deck.edge is not None else None,
        "since": None if since_ms is None else format_time(since_ms),
        "elsewhere": await _elsewhere(deck),
        "quarantined": quarantined,
    }
    items.sort(key=lambda item: str(item["received"]), reverse=True)
    return Followed(items, orders, searched)


async def _at_edge(
    deck: Deck, specimen: str
) -> tuple[list[dict[str, Any]], int | None, int | None, list[Row] | None]:
    if deck.edge is None:
        return [], None, None, None
    captures, since_ms = await captures_naming(deck, deck.edge, specimen)
    told = await deck.edge.follow(specimen, captures)
    orders, _ = await deck.edge.orders(specimen=specimen, limit=MOST_ORDERS)
    return told["items"], since_ms, told["quarantined"], orders


async def _in_store(deck: Deck, specimen: str) -> list[Row]:
    if deck.store is None:
        return []
    page = await deck.reader.results(ResultFilter(specimen=specimen), limit=MOST_RESULTS, cursor=None)
    return page.items


async def _elsewhere(deck: Deck) -> list[dict[str, str | None]]:
    here = deck.settings.edge if deck.edge is not None else None
    known = await known_edges(deck)
    return [{"id": name, "url": deck.settings.url_of_edge(name)} for name in known if name != here]

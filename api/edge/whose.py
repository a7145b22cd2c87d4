"""Whose an edge is: beside us, somewhere else, or of nobody we know."""

from api.deck import Deck
from api.edge.link import EdgeLink
from api.problems import Problem, not_found


async def known_edges(deck: Deck) -> list[str]:
    """Ids of all edges that this API knows of; a hub also those that ever sent it something."""
    settings = deck.settings
    named = {told["id"] for told in settings.edges} | ({settings.edge} if deck.edge else set())
    if deck.store is not None:
        named |= {mark.edge for mark in (await deck.reader.figures()).watermarks}
    return sorted(named)


async def edge_here(deck: Deck, edge: str) -> EdgeLink:
    """The line to ``edge``; raises Problem 421 with its address when it is elsewhere, 404 when unknown."""
    if deck.edge is not None and edge == deck.settings.edge:
        return deck.edge
    if edge not in await known_edges(deck):
        raise not_found("edge")
    raise elsewhere(deck, edge)


def elsewhere(deck: Deck, edge: str) -> Problem:
    """Names the edge's address, for people to go there: the hub never fetches (design 4)."""
    url = deck.settings.url_of_edge(edge)
    where = (
        f"see {url}" if url else "its address was not told here (url of the edge in the hub's configuration)"
    )
    return Problem(421, "edge.elsewhere", f"Only the edge itself has this: {where}.", edge=edge, url=url)

"""Which of an edge's messages name a specimen, without opening them all."""

from api.deck import Deck
from api.edge.link import EdgeLink
from hub.errors import StoreUnavailable
from storage.contract import ResultFilter

MOST_RESULTS = 500


async def captures_naming(deck: Deck, edge: EdgeLink, specimen: str) -> tuple[list[str], int | None]:
    """(captures, how far back the edge's own events were looked through, None: it has none).

    A store beside us knows all that was ever stored; the edge's events those that wait or were
    receipted in the last 72 hours. A message that nobody understood names no specimen to anybody.
    """
    found, since_ms = await edge.captures_of(specimen)
    named = dict.fromkeys(found)
    if deck.store is not None:
        named |= dict.fromkeys(await _stored(deck, specimen))
    return list(named), since_ms


async def _stored(deck: Deck, specimen: str) -> list[str]:
    try:
        page = await deck.reader.results(ResultFilter(specimen=specimen), limit=MOST_RESULTS, cursor=None)
    except StoreUnavailable:
        return []
    return [str(row["capture"]) for row in page.items if row.get("capture")]

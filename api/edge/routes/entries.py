"""The raw bytes behind an entry of the hub's quarantine: here where the edge is, its address elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Response

from api.access import Identity, role
from api.deck import OfDeck
from api.edge.link import Looker
from api.edge.routes.captures import raw_answer
from api.edge.schemas import LookBody, RawMessage
from api.edge.whose import edge_here
from api.problems import not_found
from api.routes.quarantine import entry_row
from api.routes.results import Entry
from api.schemas import documented

router = APIRouter(tags=["quarantine"])


@router.post("/quarantine/{entry}/look", responses=documented(RawMessage, 404, 421, 422))
async def look(
    deck: OfDeck, entry: Entry, body: LookBody, who: Annotated[Identity, role("vault")]
) -> Response:
    """The raw bytes, audited as at the edge itself; a hub apart answers 421 with the edge's address."""
    row = await entry_row(deck, entry)
    if not row.get("capture"):
        raise not_found("capture")
    link = await edge_here(deck, str(row["edge"]))
    return raw_answer(await link.look(str(row["capture"]), body.reason, Looker(who.id, "api")))

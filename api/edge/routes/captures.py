"""Captures of an edge: the list unopened, and the raw bytes for the vault, after their audit row."""

import re
from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.access import Identity, role
from api.answers import answer, complete, item, listing
from api.deck import OfDeck
from api.edge.captures_by_specimen import captures_naming
from api.edge.link import Looker, RawLook
from api.edge.raw import MOST_SHOWN_BYTES, visible_text
from api.edge.routes.edges import EdgeName
from api.edge.schemas import CaptureQuery, KeptMessage, LookBody, RawMessage, ReplayBody
from api.edge.whose import edge_here
from api.problems import Problem
from api.queries import PageQuery, QuarantineQuery, to_ms
from api.routes.quarantine import settled
from api.schemas import ItemList, Replayed, documented
from api.settings import EVERYWHERE
from hub.events import format_time

router = APIRouter(tags=["captures"])
AT = EVERYWHERE
CaptureName = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="As the list of captures names it.")]
_CAPTURE_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\Z")
_ENTRY_CURSOR = re.compile(r"[0-9]{1,18}\Z")
NOT_HERE = (404, 421)


@router.get(
    "/edges/{edge}/captures",
    dependencies=[role("reporter", "vault")],
    responses=documented(ItemList, 400, 422, *NOT_HERE),
)
async def captures(deck: OfDeck, edge: EdgeName, wanted: Annotated[CaptureQuery, Query()]) -> Response:
    """Kept messages, the newest first: device, time, size, what is in them by count and call, never raw.

    By ``specimen`` with what the store knows and the events that the edge still keeps: ``searched_since``.
    """
    found = None if wanted.cursor is None else _CAPTURE_CURSOR.match(wanted.cursor)
    if wanted.cursor is not None and found is None:
        raise bad_cursor()
    link = await edge_here(deck, edge)
    start, end = to_ms(wanted.from_), to_ms(wanted.to)
    narrowed = {"device": wanted.device, "state": wanted.state, "from_ms": start, "to_ms": end}
    told: dict[str, Any] = {name: value for name, value in narrowed.items() if value is not None}
    if found is not None:
        told["before"] = [int(found[1]), int(found[2])]
    searched = {}
    if wanted.specimen is not None:
        told["named"], since_ms = await captures_naming(deck, link, wanted.specimen)
        searched["searched_since"] = None if since_ms is None else format_time(since_ms)
    rows, last = await link.messages(limit=wanted.limit, **told)
    items = [complete(row) for row in rows]
    return answer({"items": items, "next_cursor": f"{last[0]}.{last[1]}" if last else None} | searched)


@router.get(
    "/edges/{edge}/captures/{capture}",
    dependencies=[role("reporter")],
    responses=documented(KeptMessage, 422, *NOT_HERE),
)
async def message(deck: OfDeck, edge: EdgeName, capture: CaptureName) -> Response:
    """One message as today's profile reads it, beside the events that were made of it; never raw."""
    return item(await (await edge_here(deck, edge)).message(capture))


@router.post("/edges/{edge}/captures/{capture}/look", responses=documented(RawMessage, 422, *NOT_HERE))
async def look(
    deck: OfDeck,
    edge: EdgeName,
    capture: CaptureName,
    body: LookBody,
    who: Annotated[Identity, role("vault")],
) -> Response:
    """The raw bytes: personal data. Who looked, when and why is on disk at the edge before the answer."""
    link = await edge_here(deck, edge)
    return raw_answer(await link.look(capture, body.reason, Looker(who.id, "api")))


@router.post(
    "/edges/{edge}/captures/{capture}/replay", responses=documented(Replayed, 409, 422, 502, *NOT_HERE)
)
async def replay(
    deck: OfDeck,
    edge: EdgeName,
    capture: CaptureName,
    who: Annotated[Identity, role("operator")],
    body: ReplayBody | None = None,
) -> Response:
    """Interpret a capture again with today's profile; ``device``: whose it is where that was not known."""
    link = await edge_here(deck, edge)
    return settled(await link.replay_capture(capture, (body and body.device) or ""))


@router.post(
    "/edges/{edge}/captures/{capture}/discard", responses=documented(Replayed, 409, 422, 502, *NOT_HERE)
)
async def discard(
    deck: OfDeck, edge: EdgeName, capture: CaptureName, who: Annotated[Identity, role("operator")]
) -> Response:
    """A person decides that these bytes mean nothing; they stay as long as any capture."""
    link = await edge_here(deck, edge)
    return settled(await link.discard_capture(capture))


@router.get(
    "/edges/{edge}/quarantine",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, *NOT_HERE),
)
async def quarantine(deck: OfDeck, edge: EdgeName, wanted: Annotated[QuarantineQuery, Query()]) -> Response:
    """What this edge could not understand, the newest first; ``capture`` names the bytes."""
    if wanted.cursor is not None and not _ENTRY_CURSOR.match(wanted.cursor):
        raise bad_cursor()
    link = await edge_here(deck, edge)
    before = 2**62 if wanted.cursor is None else int(wanted.cursor)
    rows, last = await link.quarantine(wanted.state, wanted.limit, before)
    return listing([row | {"edge": edge} for row in rows], str(last) if last else None)


@router.get(
    "/edges/{edge}/unsendable",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 422, *NOT_HERE),
)
async def unsendable(deck: OfDeck, edge: EdgeName, wanted: Annotated[PageQuery, Query()]) -> Response:
    """The newest events that the bus could not carry: declared to the hub, their bodies kept at the edge."""
    return listing(await (await edge_here(deck, edge)).unsendable(wanted.limit))


@router.get(
    "/edges/{edge}/looks",
    dependencies=[role("admin", "vault")],
    responses=documented(ItemList, 422, *NOT_HERE),
)
async def looks(deck: OfDeck, edge: EdgeName, wanted: Annotated[PageQuery, Query()]) -> Response:
    """The audit of raw looks, the newest first: who, when, which capture, why."""
    return listing(await (await edge_here(deck, edge)).looks(wanted.limit))


def raw_answer(seen: RawLook) -> Response:
    """Never to be cached: the guard says no-store of every answer of the API."""
    return answer(
        {
            "capture": seen.capture,
            "device": seen.device,
            "received": format_time(seen.received_ms),
            "origin": seen.origin,
            "bytes": seen.size,
            "raw": b64encode(seen.raw).decode(),
            "text": visible_text(seen.raw[:MOST_SHOWN_BYTES]),
            "events": seen.events,
            "pictures": seen.pictures,
        }
    )


def bad_cursor() -> Problem:
    return Problem(400, "cursor.bad", "This edge never gave that cursor.")

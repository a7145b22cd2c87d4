"""The event log, in the order in which it was committed: as pages and as a stream."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Response

from api.access import role
from api.answers import answer as as_json
from api.answers import complete
from api.deck import Deck, OfDeck
from api.problems import Problem
from api.queries import EventQuery, StreamQuery
from api.schemas import ItemList, documented, streamed
from api.scoped_reader import ScopedReader
from api.sse import EventStream
from storage.contract import LoggedEvent

router = APIRouter(tags=["events"])
MOST_STREAMS = 100


def event_row(event: LoggedEvent) -> dict[str, Any]:
    """The event as it was stored, with its number and the device of its source."""
    told: dict[str, Any] = msgspec.json.decode(event.body)
    device = str(told.get("source", "")).rpartition("/")[2]
    return complete({"number": event.number, "device": device} | told)


@router.get("/events", dependencies=[role("reporter")], responses=documented(ItemList, 410, 422))
async def events(deck: OfDeck, wanted: Annotated[EventQuery, Query()]) -> Response:
    """What follows number ``after``; ``next_cursor`` is the next ``after``, null at the end of the log."""
    found, looked = await _after(deck, wanted.after, wanted.limit)
    more = looked > wanted.after and looked < (await deck.reader.figures()).last_number
    rows = [event_row(event) for event in found]
    return as_json({"items": rows, "next_cursor": str(looked) if more else None})


async def _after(deck: Deck, after: int, limit: int) -> tuple[list[LoggedEvent], int]:
    """Events, and how far the log was looked through for them."""
    if isinstance(deck.reader, ScopedReader):
        return await deck.reader.looked_through(after, limit)
    found = await deck.reader.events(after, limit=limit)
    return found, found[-1].number if found else after


@router.get(
    "/stream",
    dependencies=[role("reporter")],
    response_class=Response,
    responses=streamed(400, 410, 429),
)
async def stream(
    deck: OfDeck,
    wanted: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> Response:
    """The log as server-sent events: ``id`` is the log number; resumes by ``Last-Event-ID`` or ``after``."""
    if deck.meters.open_streams >= MOST_STREAMS:
        raise Problem(429, "streams.too_many", "Too many open streams.", headers={"Retry-After": "10"})
    after = await _place(deck, last_event_id, wanted.after)
    return EventStream(deck.tail, after, deck.meters, deck.stopping)


async def _place(deck: Deck, last_event_id: str | None, after: int | None) -> int:
    """Where the stream begins; raises Problem 400, CursorGone."""
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19):
            raise Problem(400, "cursor.bad", "Last-Event-ID is a log number.")
        after = int(last_event_id)
    if after is None:
        return (await deck.reader.figures()).last_number
    await deck.tail.check(after)
    return after

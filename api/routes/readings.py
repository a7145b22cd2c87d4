"""Readings of the cold chain: single ones, steps, and the newest of each series."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import role
from api.answers import listing, page
from api.deck import OfDeck
from api.queries import ReadingQuery
from api.schemas import READING_EXAMPLE, ItemList, documented
from storage.contract import ReadingFilter

router = APIRouter(tags=["readings"])


@router.get(
    "/readings",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, example=READING_EXAMPLE),
)
async def readings(deck: OfDeck, wanted: Annotated[ReadingQuery, Query()]) -> Response:
    """Oldest first; a BAD reading has no value. ``from`` is inclusive, ``to`` exclusive."""
    start, end = wanted.span(deck.now_ms())
    narrowed = ReadingFilter(
        device=wanted.device, metric=wanted.metric, from_ms=start, to_ms=end, step_ms=wanted.step_ms
    )
    return page(await deck.reader.readings(narrowed, limit=wanted.limit, cursor=wanted.cursor))


@router.get(
    "/readings/latest",
    dependencies=[role("reporter")],
    responses=documented(ItemList, example=READING_EXAMPLE),
)
async def latest(deck: OfDeck) -> Response:
    """The newest reading of each series; look at ``time`` before you believe ``value``."""
    return listing(await deck.reader.latest_readings())

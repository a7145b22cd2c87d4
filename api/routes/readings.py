"""Readings of the cold chain: single ones, steps, and the newest of each series."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import role
from api.answers import listing
from api.calibrated import calibrations_of, corrected
from api.deck import OfDeck
from api.problems import Problem
from api.queries import CurveQuery, ReadingQuery
from api.schemas import CURVE_EXAMPLE, READING_EXAMPLE, ItemList, documented
from hub.payloads import Reading
from storage.contract import Row, TooManyRows
from storage.curves import Curve

router = APIRouter(tags=["readings"])


@router.get(
    "/readings",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, example=READING_EXAMPLE),
)
async def readings(deck: OfDeck, wanted: Annotated[ReadingQuery, Query()]) -> Response:
    """Oldest first; a BAD reading has no value. ``from`` is inclusive, ``to`` exclusive.

    ``value`` is what the sensor said, ``corrected`` stands beside it where a calibration counts.
    """
    narrowed = wanted.filter(deck.now_ms())
    found = await deck.reader.readings(narrowed, limit=wanted.limit, cursor=wanted.cursor)
    known = await calibrations_of(deck.reader)
    return listing(corrected(found.items, known), found.next_cursor)


@router.get(
    "/readings/curves",
    dependencies=[role("reporter")],
    responses=documented(ItemList, 400, 422, example=CURVE_EXAMPLE),
)
async def curves(deck: OfDeck, wanted: Annotated[CurveQuery, Query()]) -> Response:
    """Steps of many devices as columns, for charts; ``start_ms`` is Unix milliseconds."""
    try:
        found = await deck.reader.curves(wanted.filter(deck.now_ms()))
    except TooManyRows as error:
        raise Problem(422, "range.too_many_steps", str(error)) from error
    return listing(_row(curve) for curve in found)


def _row(curve: Curve) -> Row:
    row = asdict(curve)
    return {"type": Reading.TYPE, "start_ms": row.pop("time_ms"), **row}


@router.get(
    "/readings/latest",
    dependencies=[role("reporter")],
    responses=documented(ItemList, example=READING_EXAMPLE),
)
async def latest(deck: OfDeck) -> Response:
    """The newest reading of each series; look at ``time`` before you believe ``value``."""
    known = await calibrations_of(deck.reader)
    return listing(corrected(await deck.reader.latest_readings(), known))

"""Vaccine lots: where each is, its clock, and what people tell of it; nothing is changed, only corrected."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.access import Identity, role
from api.answers import complete, item, listing
from api.deck import Deck, OfDeck
from api.lot_bodies import LotQuery, PlacementBody
from api.lots import clock_row, lot_row, placement_row, read_lots
from api.problems import Problem, not_found
from api.queries import to_ms
from api.schemas import Item, ItemList, documented
from api.unit_readings import UnitReadings
from hub.exposure.placements import LOT
from storage.contract import BadCursor, Row
from storage.lots import LotFilter

router = APIRouter(tags=["lots"])
LotId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}(~[A-Za-z0-9]{1,8})?$",
        description="Number of a lot, or ``number~mark`` of a part of it.",
        examples=["FD9234"],
    ),
]
_EXAMPLE = {
    "id": "FD9234",
    "type": "vaccine.lot",
    "site": "kho-vac-xin",
    "device": "tu-lanh-07",
    "time": "2026-11-20T02:00:00.000Z",
    "received": "2026-11-20T02:03:11.412Z",
    "product": {"id": "comirnaty", "name": "Comirnaty (Pfizer–BioNTech)"},
    "doses": 1170,
    "expiry": "2027-01-31",
    "vvm": None,
    "state": "in",
    "reason": None,
    "part_of": None,
}
_CLOCK = {
    "as_of": "2026-11-22T06:45:00.000Z",
    "from": "2026-11-20T02:00:00.000Z",
    "to": "2026-11-22T06:45:00.000Z",
    "thawed": "2026-11-20T02:00:00.000Z",
    "thaw_inferred": False,
    "fridge_days": 2.198,
    "days_left": 28,
    "discard_after": "2026-12-21T02:00:00.000Z",
    "above_minutes": 0,
    "below_minutes": 0,
    "out_minutes": 0,
    "unseen_minutes": 10,
    "frozen": None,
    "least": 3.6,
    "greatest": 6.1,
    "mean_kinetic": 4.87,
    "vvm_life_lost_percent": None,
    "flags": [],
}
_WITH_CLOCK = _EXAMPLE | {"clock": _CLOCK, "placements": []}


@router.get(
    "/lots", dependencies=[role("reporter")], responses=documented(ItemList, 400, 422, example=_EXAMPLE)
)
async def lots(deck: OfDeck, wanted: Annotated[LotQuery, Query()]) -> Response:
    """Lots by their number, and where each is; the clock is told of one lot."""
    if wanted.cursor is not None and not LOT.match(wanted.cursor):
        raise BadCursor("cursor.malformed")
    narrowed = LotFilter(wanted.unit, wanted.product)
    names = await deck.reader.lots(narrowed, wanted.cursor or "", limit=min(wanted.limit, 400))
    rows = [lot_row(lot, deck, deck.now_ms()) for lot in await read_lots(deck.reader, names)]
    shown = [row for row in rows if wanted.state in (None, row["state"])]
    return listing(shown, names[-1] if len(names) == min(wanted.limit, 400) else None)


@router.get(
    "/lots/{lot}", dependencies=[role("reporter")], responses=documented(Item, 404, 422, example=_WITH_CLOCK)
)
async def lot(deck: OfDeck, lot: LotId) -> Response:
    """One lot with its clock, and all that was told of it, in the order of entry."""
    return item(await _whole(deck, lot))


@router.post("/lots/{lot}/placements", responses=documented(Item, 404, 409, 422, example=_WITH_CLOCK))
async def place(
    deck: OfDeck, lot: LotId, body: PlacementBody, who: Annotated[Identity, role("operator")]
) -> Response:
    """Put a lot into a unit, move it, take it out, or correct what was told before."""
    if body.unit is not None and await deck.inventory.device(body.unit) is None:
        raise not_found("device")
    told = await deck.hub.place_lot(**asked(lot, body, who.id))
    if told.get("outcome") != "done":
        reason = str(told.get("reason", ""))
        raise Problem(409, "lot.refused", "It was refused; nothing was entered.", reason=reason)
    return item(await _whole(deck, lot))


def asked(lot: str, body: PlacementBody, by: str) -> dict[str, Any]:
    """As the hub's desk takes it."""
    return {
        "lot": lot,
        "by": by,
        "unit": body.unit or "",
        "product": body.product or "",
        "from_ms": to_ms(body.from_),
        "doses": body.doses,
        "expiry": body.expiry.isoformat() if body.expiry else "",
        "vvm": body.vvm or "",
        "thawed_ms": to_ms(body.thawed),
        "corrects": body.corrects or 0,
        "reason": body.reason or "",
    }


async def _whole(deck: Deck, name: str) -> Row:
    """Raises Problem 404."""
    found = await read_lots(deck.reader, [name])
    if not found:
        raise not_found("lot")
    (known,), now_ms = found, deck.now_ms()
    clock = await clock_row(known, deck, UnitReadings(deck.reader, deck.inventory), now_ms)
    told = [complete(placement_row(row, deck)) for row in known.rows]
    return lot_row(known, deck, now_ms) | {"clock": clock, "placements": told}

"""Who is in each zone, and the count that a person sets."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import item, listing
from api.deck import Deck, OfDeck
from api.local_days import begin_ms, day_of
from api.occupancy import occupancy_row, settled
from api.problems import Problem, not_found
from api.queries import Name
from api.schemas import Item, ItemList, documented
from storage.gates import Occupancy

router = APIRouter(tags=["gates"])
MOST_INSIDE = 1_000_000
ZoneName = Annotated[
    str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="A zone's name.", examples=["khu-a"])
]
_EXAMPLE = {
    "id": "edge-1/khu-a",
    "type": "gate.occupancy.v1",
    "site": "khu-cach-ly-1",
    "device": "cong-chinh",
    "time": "2026-11-22T06:45:02.100Z",
    "received": None,
    "edge": "edge-1",
    "zone": "khu-a",
    "count": 214,
    "below_zero": False,
    "entered": 96,
    "left": 71,
    "inferred_share": 0.12,
    "set": {"time": "2026-11-21T23:00:00.000Z", "count": 189, "actor": "k3"},
    "drift": -4,
    "today": {"began_with": 193, "entered": 96, "left": 75},
    "by_edge": {"time": "2026-11-22T06:00:00.000Z", "count": 209, "actor": None},
    "difference": 0,
}


class OccupancyQuery(BaseModel):
    """Which zones: None is any."""

    model_config = ConfigDict(extra="forbid")

    site: Name | None = None
    edge: Name | None = None
    zone: Name | None = None


class CountBody(BaseModel):
    """How many somebody counted; ``edge`` where several edges have a zone of this name."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=0, le=MOST_INSIDE, strict=True, examples=[189])
    edge: Name | None = None


@router.get(
    "/occupancy", dependencies=[role("reporter")], responses=documented(ItemList, 422, example=_EXAMPLE)
)
async def occupancy(deck: OfDeck, wanted: Annotated[OccupancyQuery, Query()]) -> Response:
    """Zones by edge and name: ``count`` is the last set, plus who went in, minus who went out after it."""
    zones = await _zones(deck, wanted.edge, wanted.zone)
    return listing(occupancy_row(zone) for zone in zones if wanted.site in (None, zone.site))


@router.post("/occupancy/{zone}", responses=documented(Item, 404, 409, 422, 502, 504, example=_EXAMPLE))
async def set_count(
    deck: OfDeck, zone: ZoneName, body: CountBody, who: Annotated[Identity, role("operator")]
) -> Response:
    """Say how many are in: by command to the zone's edge, which counts on from there and tells who set it."""
    found = await _zones(deck, body.edge, zone)
    if not found:
        raise not_found("zone")
    if len(found) > 1:
        raise Problem(409, "zone.of_several", "Several edges have a zone of this name: name the edge.")
    settled(await deck.hub.set_zone(found[0].edge, zone, body.count, who.id))
    (after,) = await _zones(deck, found[0].edge, zone)
    return item(occupancy_row(after))


async def _zones(deck: Deck, edge: str | None, zone: str | None) -> list[Occupancy]:
    local = ZoneInfo(deck.settings.timezone)
    return await deck.reader.occupancy(begin_ms(day_of(deck.now_ms(), local), local), edge=edge, zone=zone)

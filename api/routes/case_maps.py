"""Cases by district as a map: the numbers of the report ``cases``, drawn."""

import asyncio
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.access import role
from api.case_map import Measure, case_map
from api.deck import OfDeck
from api.reports.case_counts import REPORT
from api.reports.case_counts.counted import CasesQuery
from api.reports.frame.answering import OfAsker
from api.reports.frame.tabular import EARLIEST, Day
from api.reports.frame.telling import Teller
from api.schemas import documented
from hub.places.kept_map import KeptMap

router = APIRouter(tags=["reports"])
MEDIA_TYPE = "application/geo+json"
_RING = [[106.8, 10.9], [106.9, 10.9], [106.9, 11.0], [106.8, 10.9]]
_EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "map": {
        "type": "report.map",
        "measure": "f0",
        "date": "2021-08-05",
        "boundaries": "schematic",
        "label": "sơ đồ",
        "revision": 1,
        "sha256": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
        "total": 14,
        "unknown": 0,
        "held_back": 3,
    },
    "features": [
        {
            "type": "Feature",
            "id": "731",
            "properties": {
                "code": "731",
                "name": "Thành phố Biên Hòa",
                "value": 11,
                "flag": "",
                "label": [106.865, 10.935],
            },
            "geometry": {"type": "Polygon", "coordinates": [_RING]},
        }
    ],
}


class MapQuery(BaseModel):
    """Which day, and what is counted."""

    model_config = {"extra": "forbid"}

    date: Day | None = Field(None, ge=EARLIEST, description="The report's local day; without it: yesterday.")
    measure: Measure = Field("f0", description="f0: cases up to that day; f0_of_day; f1: contacts.")
    revision: int | None = Field(None, ge=1, le=1_000_000, description="Of the report ``cases``.")


class CaseMap(BaseModel):
    """GeoJSON (RFC 7946); ``map`` is a member of ours: what is shown, and what lies in no district."""

    type: str
    map: dict[str, Any]
    features: list[dict[str, Any]]


@cache
def kept_map(data_dir: Path) -> KeptMap:
    """One of each data directory, so that a file is read once."""
    return KeptMap(data_dir)


def _responses() -> dict[int | str, dict[str, Any]]:
    told = documented(CaseMap, 403, 404, 410, 422)
    schema = told[200]["content"]["application/json"]["schema"]
    told[200]["content"] = {MEDIA_TYPE: {"schema": schema, "example": _EXAMPLE}}
    return told


@router.get("/map.geojson", dependencies=[role("reporter", "public")], responses=_responses())
async def map_of_cases(
    request: Request, deck: OfDeck, wanted: Annotated[MapQuery, Query()], who: OfAsker
) -> Response:
    """The table ``districts`` of the report ``cases`` on boundaries: its sum is the table's sum."""
    asked = CasesQuery.model_validate({"date": wanted.date, "revision": wanted.revision})
    copy = await Teller(deck, REPORT, who).tell(asked)
    drawn = await asyncio.to_thread(kept_map(deck.settings.data_dir).read)
    body = msgspec.json.encode(case_map(copy, wanted.measure, drawn))
    headers = {"ETag": f'"{sha256(body).hexdigest()[:32]}"', "X-Report-SHA256": copy.sha256}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)

"""Scans at gates: what was shown, what was decided, who went; openings by hand stand among them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import role
from api.answers import page
from api.deck import OfDeck
from api.queries import Moment, Name, PageQuery, to_ms
from api.schemas import ItemList, documented
from storage.gates import ScanFilter

router = APIRouter(tags=["gates"])
Decided = Literal["allow", "deny", "hold", "alert", "retry", "duplicate", "manual"]
_EXAMPLE = {
    "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f31",
    "type": "gate.scan.v1",
    "site": "khu-cach-ly-1",
    "device": "cong-chinh",
    "time": "2026-11-22T06:45:00.000Z",
    "received": "2026-11-22T06:45:00.012Z",
    "scan": "v-1f0c8a52:5b1d3a0c6e9f4b7788d2c0a1e3f49d10",
    "visit": "v-1f0c8a52:0d6c2f4b9a7e41538c1b2a3d4e5f6071",
    "payload_kind": "cccd",
    "direction": "in",
    "age_band": "18-49",
    "sex": "F",
    "district": "731",
    "decision": "allow",
    "reason": "allowed",
    "rule": "allow",
    "took_ms": 0.41,
    "remarks": [],
    "rules_version": 3,
    "zone": "khu-a",
    "passage": {
        "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f33",
        "time": "2026-11-22T06:45:02.100Z",
        "direction": "in",
        "confirmed": True,
    },
}


class ScanQuery(PageQuery):
    """Which scans; ``from`` is inclusive, ``to`` exclusive, both by the scan's time."""

    device: Name | None = None
    site: Name | None = None
    decision: Decided | None = Field(None, description="``manual``: a person opened.")
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


@router.get(
    "/scans", dependencies=[role("reporter")], responses=documented(ItemList, 400, 422, example=_EXAMPLE)
)
async def scans(deck: OfDeck, wanted: Annotated[ScanQuery, Query()]) -> Response:
    """Newest first, each with its decision, and with its passage where somebody went.

    What a person opened by hand has no scan: its type is gate.decision.v1. ``visit`` is null weeks later.
    """
    narrowed = ScanFilter(wanted.device, wanted.site, wanted.decision, to_ms(wanted.from_), to_ms(wanted.to))
    return page(await deck.reader.scans(narrowed, limit=wanted.limit, cursor=wanted.cursor))

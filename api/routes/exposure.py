"""What a unit's vaccines were exposed to: time in range, mean kinetic temperature, excursions, gaps."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import role
from api.answers import item
from api.deck import OfDeck
from api.problems import Problem, not_found
from api.queries import DAY_MS, Moment, to_ms
from api.routes.devices import DeviceName
from api.schemas import Item, documented
from api.unit_exposures import EXAMPLE_FIGURES, exposure_row
from api.unit_readings import UnitReadings
from hub.exposure.unit_exposure import unit_exposure

router = APIRouter(tags=["readings"])
USUAL_MS = 30 * DAY_MS
LONGEST_MS = 400 * DAY_MS
_HOUR_MS = 3_600_000
_EXAMPLE = {
    "id": "tu-lanh-07",
    "type": "coldchain.exposure",
    "site": "kho-vac-xin",
    "device": "tu-lanh-07",
    "time": "2026-10-31T17:00:00.000Z",
    "received": "2026-11-30T17:00:00.000Z",
    "from": "2026-10-31T17:00:00.000Z",
    "to": "2026-11-30T17:00:00.000Z",
    "metric": "temp.vaccine",
    "profile": "fridge@1",
    "low": 2.0,
    "high": 8.0,
    "hold_seconds": 1800,
    **EXAMPLE_FIGURES,
    "hottest_window": {
        "from": "2026-11-12T17:00:00.000Z",
        "to": "2026-11-13T17:00:00.000Z",
        "mean_kinetic": 5.6,
    },
    "vvm_life_lost_percent": {"VVM2": 1.803, "VVM7": 0.33, "VVM14": 0.165, "VVM30": 0.077},
    "excursions": [
        {
            "side": "above",
            "from": "2026-11-13T03:02:00.000Z",
            "to": "2026-11-13T03:45:00.000Z",
            "minutes": 43,
            "peak": 9.4,
            "degree_hours": 0.6,
        }
    ],
    "gaps": [{"from": "2026-11-20T11:10:00.000Z", "to": "2026-11-20T16:12:00.000Z"}],
}


class ExposureQuery(BaseModel):
    """Which span; ``window`` is the length over which the mean kinetic temperature is told at its worst."""

    model_config = ConfigDict(extra="forbid")

    from_: Moment | None = Field(None, alias="from", description="Default: 30 days before ``to``.")
    to: Moment | None = Field(None, description="Default: now.")
    window_hours: int = Field(24, ge=1, le=720, description="24 for what is kept cold (USP).")

    def span(self, now_ms: int) -> tuple[int, int]:
        """(from, to) in Unix ms, never after now; raises Problem 422."""
        end = min(to_ms(self.to) or now_ms, now_ms)
        start = to_ms(self.from_)
        start = end - USUAL_MS if start is None else start
        if start >= end:
            raise Problem(422, "range.empty", "``from`` must be before ``to``, and before now.")
        if end - start > LONGEST_MS:
            raise Problem(422, "range.too_long", "Exposure: at most 400 days.")
        return start, end


@router.get(
    "/devices/{device}/exposure",
    dependencies=[role("reporter")],
    responses=documented(Item, 404, 422, example=_EXAMPLE),
)
async def exposure(deck: OfDeck, device: DeviceName, wanted: Annotated[ExposureQuery, Query()]) -> Response:
    """Figures of a span; what nobody saw is counted as unseen, never as in range."""
    if await deck.inventory.device(device) is None:
        raise not_found("device")
    span = wanted.span(deck.now_ms())
    readings = UnitReadings(deck.reader, deck.inventory)
    unit = await readings.unit(device)
    held = await readings.held(unit, span)
    figured = await asyncio.to_thread(unit_exposure, held, span, unit.allowed)
    window_ms = wanted.window_hours * _HOUR_MS
    return item(await asyncio.to_thread(exposure_row, unit, figured, held, window_ms))

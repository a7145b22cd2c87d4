"""Cameras: how each stands, and how it stood."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import role
from api.answers import item, listing
from api.cameras import camera_rows, camera_timeline
from api.deck import OfDeck
from api.problems import Problem, not_found
from api.queries import Name
from api.routes.devices import DeviceName
from api.schemas import Item, ItemList, documented
from hub.payloads import DeviceState
from storage.contract import TooManyRows

router = APIRouter(tags=["cameras"])
MOST_HOURS = 744  # the longest month
EXAMPLE = {
    "id": "cam-cua-truoc",
    "type": "camera",
    "site": "kho-vac-xin",
    "device": "cam-cua-truoc",
    "time": "2026-11-22T06:44:10.250Z",
    "received": "2026-11-22T06:44:10.251Z",
    "configured": True,
    "edge": "edge-1",
    "state": "DEGRADED",
    "reason": "blur",
    "since": "2026-11-22T05:12:40.000Z",
    "age_s": 49.75,
    "fps": 24.9,
    "bitrate": 402100.0,
    "loss": 0.0,
    "reconnects": 0,
    "clock_offset_s": -0.4,
    "clock_drift_ppm": 12.1,
    "keyframe_interval_s": 2.0,
    "faults": ["blur"],
    "scores": {"black": 0.02, "blur": 1.31},
    "night": False,
    "last_frame": "2026-11-22T06:44:10.210Z",
    "codec": "h264",
    "width": 640,
    "height": 360,
    "mode": "continuous",
    "check_seconds": 10.0,
    "learning": False,
    "switch": "sw-tang-2",
    "link": "",
    "snapshot": True,
}
_TIMELINE = {
    "id": "cam-cua-truoc",
    "type": "camera.timeline",
    "site": "kho-vac-xin",
    "device": "cam-cua-truoc",
    "time": "2026-11-22T06:45:00.000Z",
    "received": None,
    "from": "2026-11-21T06:45:00.000Z",
    "to": "2026-11-22T06:45:00.000Z",
    "uptime": 0.9791667,
    "uptime_without_maintenance": 0.9791667,
    "unknown_share": 0.0,
    "seconds": {"up": 84600.0, "down": 1800.0, "maintenance": 0.0, "unknown": 0.0},
    "outages": 1,
    "reconnects": 1,
    "mtbf_s": 84600.0,
    "periods": [
        {
            "from": "2026-11-21T06:45:00.000Z",
            "to": "2026-11-22T02:00:00.000Z",
            "state": "ONLINE",
            "reason": "watching",
            "faults": [],
        },
        {
            "from": "2026-11-22T02:00:00.000Z",
            "to": "2026-11-22T02:30:00.000Z",
            "state": "OFFLINE",
            "reason": "stall",
            "faults": [],
        },
    ],
    "step_s": 600,
    "curves": {
        "fps": {"unit": "1/s", "start_ms": [1795243500000], "min": [24.1], "max": [25.2], "mean": [24.9]}
    },
}


class CameraQuery(BaseModel):
    """Which cameras: None is any."""

    model_config = ConfigDict(extra="forbid")

    site: Name | None = None
    state: DeviceState | None = None


class TimelineQuery(BaseModel):
    """How far back."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(24, ge=1, le=MOST_HOURS, description="Before now: 24 is a day, 720 thirty days.")


@router.get("/cameras", dependencies=[role("reporter")], responses=documented(ItemList, 422, example=EXAMPLE))
async def cameras(deck: OfDeck, wanted: Annotated[CameraQuery, Query()]) -> Response:
    """Every camera by id. One that was not heard of for eleven minutes is UNKNOWN, whatever it told last."""
    return listing(
        row
        for row in await camera_rows(deck)
        if wanted.site in (None, row["site"]) and wanted.state in (None, row["state"])
    )


@router.get(
    "/cameras/{device}", dependencies=[role("reporter")], responses=documented(Item, 404, example=EXAMPLE)
)
async def camera(deck: OfDeck, device: DeviceName) -> Response:
    """One camera."""
    found = await camera_rows(deck, device)
    if not found:
        raise not_found("camera")
    return item(found[0])


@router.get(
    "/cameras/{device}/timeline",
    dependencies=[role("reporter")],
    responses=documented(Item, 404, 422, example=_TIMELINE),
)
async def timeline(deck: OfDeck, device: DeviceName, wanted: Annotated[TimelineQuery, Query()]) -> Response:
    """Its last hours: states without a gap, and uptime of what is known. What nobody told is neither."""
    if not await camera_rows(deck, device):
        raise not_found("camera")
    try:
        return item(await camera_timeline(deck, device, wanted.hours))
    except TooManyRows as error:
        raise Problem(
            422, "range.too_long", "It changed too often for so long a time: ask for less."
        ) from error

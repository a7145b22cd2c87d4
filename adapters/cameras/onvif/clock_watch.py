"""A camera's clock, asked for now and then by ONVIF: what tells it where no stream is held open."""

import asyncio
from collections.abc import Callable
from random import uniform

from adapters.cameras.onvif.camera_clock import clock_offset
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams.blocking_calls import BlockingCalls

ASK_EVERY_SECONDS = 300.0
# All cameras of an edge begin at once: they are not all asked at once.
_SPREAD_SECONDS = 30.0


async def watch_clock(
    place: CameraPlace,
    port: int,
    told: Callable[[float], None],
    *,
    every_seconds: float = ASK_EVERY_SECONDS,
    spread_seconds: float = _SPREAD_SECONDS,
) -> None:
    """Until cancelled: ``told`` hears how many seconds its clock is ahead, whenever it says so."""
    asking = BlockingCalls("camera-clock", 1)
    await asyncio.sleep(uniform(0, spread_seconds))
    while True:
        offset_s = await clock_offset(place, port, asking)
        if offset_s is not None:
            told(offset_s)
        await asyncio.sleep(every_seconds)

"""Cameras found in our network, with what their clocks tell: what ``epihub camera discover`` shows."""

import asyncio
from dataclasses import dataclass

from adapters.cameras.camera_address import OWN_NETWORKS
from adapters.cameras.onvif.camera_clock import clock_offset
from adapters.cameras.onvif.discovery import discover
from adapters.cameras.onvif.probe import GROUP, PORT, AnsweredCamera
from adapters.cameras.rtsp.places import CameraPlace, Network
from hub.streams.blocking_calls import BlockingCalls

_ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """``clock_offset_s``: how far its clock is ahead, None where it does not tell."""

    camera: AnsweredCamera
    clock_offset_s: float | None


async def find_cameras(
    seconds: float,
    interface: str = "",
    *,
    target: tuple[str, int] = (GROUP, PORT),
    allow: tuple[Network, ...] = OWN_NETWORKS,
) -> tuple[FoundCamera, ...]:
    """Who answers within ``seconds``; only those in ``allow`` are asked for their clocks.

    Raises DeviceUnavailable: nothing can be sent there.
    """
    cameras = await discover(seconds, target=target, interface=interface)
    asking, turn = BlockingCalls("camera-clock", _ASKED_AT_ONCE), asyncio.Semaphore(_ASKED_AT_ONCE)

    async def asked(camera: AnsweredCamera) -> FoundCamera:
        place = CameraPlace(camera.address, allow=allow)
        async with turn:
            return FoundCamera(camera, await clock_offset(place, camera.onvif_port, asking, seconds))

    return tuple(await asyncio.gather(*(asked(camera) for camera in cameras)))

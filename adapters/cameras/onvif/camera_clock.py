"""Asking a camera for its clock by HTTP, bounded and without a login."""

from urllib.parse import SplitResult

from adapters.cameras.onvif.system_time import CONTENT_TYPE, PATH, QUESTION, offset, read_time
from adapters.cameras.rtsp.dialling import NotReached, resolve
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams import now_ms
from hub.streams.blocking_calls import BlockingCalls
from hub.streams.web_call import call_web

SECONDS = 5.0
_HTTP_OK = 200


async def clock_offset(
    place: CameraPlace, port: int, asking: BlockingCalls, seconds: float = SECONDS
) -> float | None:
    """Seconds that the camera's clock is ahead of ours, to about one; None: it does not tell.

    Only an allowed address is asked, the one that was checked. ``asking``: threads of who asks.
    """

    def ask() -> float | None:
        asked_ms = now_ms()
        answer = call_web(url, body=QUESTION, headers={"Content-Type": CONTENT_TYPE}, seconds=seconds)
        told_s = read_time(answer.body) if answer.status == _HTTP_OK else None
        return None if told_s is None else offset(told_s, asked_ms / 1000, now_ms() / 1000)

    try:
        address = await resolve(place, seconds, asking)
        host = f"[{address}]" if ":" in address else address
        url = SplitResult("http", f"{host}:{port}", PATH, "", "")
        return await asking.call(seconds, ask)
    except (NotReached, OSError, ValueError):
        return None

"""Who watches a session in the tests."""

import asyncio
from ipaddress import ip_network

from adapters.cameras.reasons import Phase
from adapters.cameras.rtsp.facts import KeyFrame, Patience
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace, place_of
from adapters.cameras.rtsp.session import CameraSession

LOOPBACK = (ip_network("127.0.0.0/8"),)
LONG = 60.0
# For what must not be hurried, on however busy a machine.
UNHURRIED = Patience(LONG, LONG, LONG, LONG, LONG)


class Log:
    """Phases and keyframes as they came; ``until`` waits for one."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self.frames: list[KeyFrame] = []
        self._news = asyncio.Event()

    def reached(self, phase: Phase, at_s: float) -> None:
        self.phases.append(phase)
        self._news.set()

    def keyframe(self, frame: KeyFrame) -> None:
        self.frames.append(frame)
        self._news.set()

    async def until(self, phase: Phase) -> None:
        async with asyncio.timeout(LONG):
            while phase not in self.phases:
                await self._next()

    async def until_frames(self, count: int) -> None:
        async with asyncio.timeout(LONG):
            while len(self.frames) < count:
                await self._next()

    async def _next(self) -> None:
        self._news.clear()
        await self._news.wait()


def place(url: str) -> CameraPlace:
    return place_of(url, LOOPBACK)[0]


def session(
    url: str, log: Log | None = None, login: Login | None = None, patience: Patience = UNHURRIED
) -> CameraSession:
    return CameraSession(place(url), login, log or Log(), patience)

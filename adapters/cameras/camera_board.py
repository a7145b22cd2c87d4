"""What the cameras of one edge share: the pace of connects, whose picture is next, who judges pictures."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from adapters.cameras.keyframes.workers import KeyframeWorkers
from adapters.cameras.reconnects import ConnectPace
from adapters.cameras.rtsp.facts import KeyFrame
from adapters.cameras.schedule import CheckSchedule

MOST_WAITING = 64  # keyframes in memory that no worker has taken: 5 MB at 720p


class Judged(Protocol):
    """A camera as the board knows it."""

    @property
    def name(self) -> str: ...

    async def judge(self, frame: KeyFrame, workers: KeyframeWorkers) -> float | None:
        """Have it looked at; CPU seconds that it took, None: it could not be."""
        ...


class CameraBoard:
    """One of a monitor."""

    def __init__(self, cpu_share: float, now_s: Callable[[], float] = monotonic) -> None:
        self.schedule = CheckSchedule(cpu_share)
        self.now_s = now_s
        self._pace = ConnectPace()
        self._turn = asyncio.Lock()  # its waiters are served in their order
        self._waiting: dict[str, tuple[Judged, KeyFrame]] = {}
        self._offered = asyncio.Event()

    async def turn(self, *, again: bool) -> None:
        """Returns when this camera may be connected to; ``again``: it was before."""
        async with self._turn:
            await asyncio.sleep(self._pace.wait(self.now_s()))
            self._pace.began(self.now_s(), again=again)

    def offer(self, camera: Judged, frame: KeyFrame) -> None:
        """A keyframe to be judged; it takes the place of an older one of this camera."""
        if len(self._waiting) < MOST_WAITING or camera.name in self._waiting:
            self._waiting[camera.name] = camera, frame
            self._offered.set()
        else:
            self.schedule.checked(camera.name, self.now_s(), None)

    async def judge(self, workers: KeyframeWorkers) -> None:
        """One after the other, until cancelled; as many of these as there are workers."""
        while True:
            while not self._waiting:
                self._offered.clear()
                await self._offered.wait()
            camera, frame = self._waiting.pop(self.schedule.first(self._waiting))
            cost_s = await camera.judge(frame, workers)
            self.schedule.checked(camera.name, self.now_s(), cost_s)

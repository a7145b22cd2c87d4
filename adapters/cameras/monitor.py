"""The monitor: all cameras of an edge on one loop, one or two workers that judge their pictures."""

import asyncio
from collections.abc import Sequence
from functools import partial

from adapters.cameras.camera import Camera, standing_settings
from adapters.cameras.camera_board import CameraBoard
from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.health.fleet import CameraFleet
from adapters.cameras.keyframes.workers import KeyframeWorkers
from hub.contract import Outlet
from hub.streams import now_ms

LOOK_AFTER_S = 1.0  # each camera so often
SWEEPS = 8  # a part of them at a time, so that 200 do not make one long step
SECOND_WORKER_FROM = 0.8  # of a core
MOST_ASKED = 32  # keyframes that are asked for in one sweep


class Monitor:
    """Of one edge: ``members`` are the settings and outlets of all its cameras."""

    def __init__(self, members: Sequence[tuple[RtspConfig, Outlet]]) -> None:
        self._share = min(config.cpu_share for config, _ in members)
        self.board = CameraBoard(self._share)
        self.fleet = CameraFleet()
        self.cameras = {config.id: self._camera(config, outlet) for config, outlet in members}

    async def run(self) -> None:
        """Until cancelled."""
        count = 2 if self._share > SECOND_WORKER_FROM else 1
        workers = KeyframeWorkers(count)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(count):
                    tasks.create_task(self.board.judge(workers), name="judge")
                tasks.create_task(self._sweep(), name="sweep")
                for name, camera in self.cameras.items():
                    tasks.create_task(camera.run(), name=f"camera[{name}]")
        finally:
            await workers.close()

    async def _sweep(self) -> None:
        cameras = list(self.cameras.values())
        part = 0
        while True:
            await asyncio.sleep(LOOK_AFTER_S / SWEEPS)
            part = (part + 1) % SWEEPS
            for camera in cameras[part::SWEEPS]:
                await camera.look_after()
            for name in self.board.schedule.due(self.board.now_s(), MOST_ASKED):
                self.cameras[name].want_keyframe()

    def _camera(self, config: RtspConfig, outlet: Outlet) -> Camera:
        standing = self.fleet.put(config.id, config.site, standing_settings(config))
        return Camera(config, outlet, self.board, standing, partial(self._heard, config.id))

    def _heard(self, name: str) -> None:
        """Of this camera, and of others that are lost or back with it: those of one switch are one outage."""
        for each, change in self.fleet.after(name, now_ms()):
            self.cameras[each].told(change)

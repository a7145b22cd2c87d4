"""Cameras at work: they are served, have their faults in time, and are counted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.cameras.camera_faults import ONCE, footage, settled
from simulators.cameras.camera_plan import CameraPlan, footage_of
from simulators.cameras.camera_truth import CameraTruth
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.fault_episodes import Episode
from simulators.cameras.rtsp_server import RtspServer


@dataclass
class CameraRun:
    """``episodes`` in the order of their beginnings. ``endless``: cameras stay when all are over."""

    server: RtspServer
    plans: Sequence[CameraPlan]
    episodes: Sequence[Episode]
    truth: CameraTruth
    check_seconds: float = 10.0
    endless: bool = True
    finishing: asyncio.Event = field(default_factory=asyncio.Event)
    ended: int = 0  # episodes that are over

    async def run(self) -> None:
        """Until ``finish``; raises OSError when the port is taken or footage cannot be made."""
        folder = self.server.clips.folder
        if folder is not None:
            await self.server.clips.make(footage_of(self.plans))
        for plan in self.plans:
            self.truth.camera(plan, self.check_seconds)
        async with self.server, asyncio.TaskGroup() as group:
            work = group.create_task(self._live(), name="episodes")
            await self.finishing.wait()
            work.cancel()

    def finish(self) -> None:
        """Everybody is sent away."""
        self.finishing.set()

    async def _live(self) -> None:
        if self.server.clips.folder is not None:
            await self.server.clips.make(self.faulty_footage())
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number, episode in enumerate(self.episodes):
                await asyncio.sleep(max(0.0, began + episode.begins - loop.time()))
                group.create_task(self._have(number, episode), name=f"fault[{number}]")
        if not self.endless:
            self.finish()

    async def _have(self, number: int, episode: Episode) -> None:
        self.truth.begins(number, episode)
        self.server.fault(episode.camera, episode.fault, **episode.how)
        if episode.fault not in ONCE:
            await asyncio.sleep(episode.lasts)
            self.server.clear(episode.camera, episode.fault)
        self.truth.ends(number)
        self.ended += 1

    def faulty_footage(self) -> list[ClipPlan]:
        """What they show in their episodes."""
        clips = {plan.id: plan.camera.clip for plan in self.plans}
        told = ((clips[each.camera], {each.fault: settled(each.fault, each.how)}) for each in self.episodes)
        return list(dict.fromkeys(footage(clip, faults) for clip, faults in told))

    def summary(self) -> dict[str, object]:
        """The last line of the truth."""
        return {"kind": "counts", **self._sums(), "faults": dict(self.truth.counts)}

    def progress(self) -> str:
        """One line."""
        sums = self._sums()
        standing = sum(bool(state.faults) for state in self.server.states.values())
        return (
            f"cameras: {len(self.plans)}, watched {len(self.server.connections)}; "
            f"{sums['frames']:,} pictures, {sums['sessions']:,} sessions, {sums['refused']:,} refused; "
            f"faults: {self.truth.counts.total()} begun, {standing} now"
        )

    def _sums(self) -> dict[str, int]:
        counters = [state.counters for state in self.server.states.values()]
        return {
            "frames": sum(each.frames for each in counters),
            "packets": sum(each.packets for each in counters),
            "sessions": sum(each.sessions for each in counters),
            "refused": sum(each.answers[401] for each in counters),
        }

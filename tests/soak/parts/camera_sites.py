"""Simulated cameras in this process, in front of an epihub in processes of its own."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from simulators.cameras.camera_comparison import CameraComparison, compared, read_facts, tellings_of
from simulators.cameras.camera_plan import CameraPlan, cameras
from simulators.cameras.camera_run import CameraRun
from simulators.cameras.camera_settings import cameras_toml
from simulators.cameras.camera_truth import CameraTruth
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.fault_episodes import Episode
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.rtsp_server import RtspServer
from simulators.hub_log import events
from simulators.truth import TruthFile
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.ports import free_port

PASSWORD_ENV = "EPIHUB_SOAK_CAMERA_PASSWORD"
ONLINE_SECONDS = 120.0


@dataclass(frozen=True)
class Watched:
    """So many cameras at so many sites; ``further``: lines of each camera's settings."""

    cameras: int
    sites: int
    check_seconds: float
    clip: ClipPlan = field(default_factory=ClipPlan)
    scenes: int = 4
    further: tuple[str, ...] = ()


@dataclass
class CameraSites:
    """Cameras that are watched; faults come from the run's start on."""

    installation: Installation
    run: CameraRun
    truth: Path

    @property
    def server(self) -> RtspServer:
        return self.run.server

    async def asked(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Items of the hub's API."""
        url = f"http://127.0.0.1:{self.installation.api_port}/api/v1/{path}"
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.get(url, params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def online(self) -> int:
        """Cameras that the hub sees."""
        states = [row["state"] for row in await self.asked("cameras")]
        return sum(state in ("ONLINE", "DEGRADED") for state in states)

    async def until_online(self, seconds: float = ONLINE_SECONDS) -> None:
        """All of them."""

        async def all_are() -> bool:
            return await self.online() == len(self.run.plans)

        await until_told(all_are, "all cameras are on line", seconds)

    def compared(self) -> CameraComparison:
        """The truth beside the hub's log; call it beside the loop."""
        facts = read_facts(self.truth)
        return compared(
            facts, tellings_of(events(f"http://127.0.0.1:{self.installation.api_port}", ""), facts)
        )


@asynccontextmanager
async def camera_sites(
    installation: Installation, watched: Watched, episodes: Sequence[Episode] = ()
) -> AsyncIterator[CameraSites]:
    """Cameras are served, the installation is configured for them and started; both are ended behind it."""
    os.environ.setdefault(PASSWORD_ENV, "soak-camera")
    login = CameraLogin("epihub", os.environ[PASSWORD_ENV])
    plans = cameras(watched.cameras, watched.sites, watched.clip, login, scenes=watched.scenes)
    _configure(installation, plans, watched, port := free_port())
    path = installation.folder / "truth.jsonl"
    store = ClipStore(installation.folder / "footage")
    server = RtspServer("127.0.0.1", port, [plan.camera for plan in plans], clips=store)
    with TruthFile(path) as file:
        run = CameraRun(server, plans, episodes, CameraTruth(file), watched.check_seconds)
        work = asyncio.create_task(run.run(), name="cameras")
        try:
            await installation.start()
            await installation.until_api()
            yield CameraSites(installation, run, path)
        finally:
            await installation.end()
            run.finish()
            await asyncio.gather(work, return_exceptions=True)


def _configure(installation: Installation, plans: Sequence[CameraPlan], watched: Watched, port: int) -> None:
    """The cameras instead of the device that every installation begins with."""
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    told = cameras_toml(plans, port, watched.check_seconds, PASSWORD_ENV, *watched.further)
    installation.config.write_text(head + told, "utf-8")
    installation.listeners.clear()

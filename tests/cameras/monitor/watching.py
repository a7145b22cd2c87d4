"""A monitor that runs over simulated cameras, with outlets in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.monitor import Monitor
from hub.contract import Secret
from hub.events import format_time
from hub.payloads import CameraHealth
from hub.streams import now_ms
from hub.wire import Command
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.background import background
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until

HERE = ("127.0.0.0/8",)
SITE = "khu-a"
USER, PASSWORD = "nguoi-xem", "Chim-Yen-9931"
LOGIN = CameraLogin(USER, PASSWORD)
# Small and slow: what these tests look at is not the picture.
CLIP = ClipPlan(width=320, height=180, frames_a_second=5, keyframes=5, keyframe_seconds=1.0)


def camera(name: str, **settings: Any) -> SimulatedCamera:
    return SimulatedCamera(name, **({"clip": CLIP} | settings))


def config(url: str | None, name: str = "cam-1", **settings: Any) -> RtspConfig:
    told = {"id": name, "site": SITE, "kind": "rtsp", "url": url, "allow": HERE} | settings
    return RtspConfig.model_validate(told)


def with_login(user: str = USER, password: str = PASSWORD) -> dict[str, Any]:
    return {"username": user, "password": Secret(password, "env CAM")}


@dataclass
class Watched:
    """``outlets`` by camera."""

    monitor: Monitor
    outlets: dict[str, MemoryOutlet]

    def healths(self, name: str = "cam-1") -> list[CameraHealth]:
        facts = self.outlets[name].facts
        return [fact.payload for fact in facts if isinstance(fact.payload, CameraHealth)]

    def stands(self, name: str = "cam-1") -> tuple[str, str]:
        """State and reason that were told last."""
        told = self.healths(name)
        return (told[-1].state, told[-1].reason) if told else ("", "")

    async def until_stands(self, state: str, reason: str = "", name: str = "cam-1") -> None:
        def stands() -> bool:
            told = self.stands(name)
            return told[0] == state and reason in ("", told[1])

        await until(stands, f"{name} stands as {state} {reason}")

    async def until_told(self, state: str, reason: str, name: str = "cam-1") -> None:
        """It is, or was, told so."""
        await until(
            lambda: any((each.state, each.reason) == (state, reason) for each in self.healths(name)),
            f"{name} is told as {state} {reason}",
        )

    async def ask(self, action: str, name: str = "cam-1", **args: Any) -> tuple[str, str]:
        """Outcome and reason of a command."""
        outlet = self.outlets[name]
        await until(lambda: outlet.shelf.is_heard, "it takes commands")
        at_ms = now_ms()
        asked = Command(
            f"c{len(outlet.answers)}", format_time(at_ms), format_time(at_ms + 10_000), "op-1", action, args
        )
        ended = await outlet.shelf.ask(asked)
        return ended.outcome, ended.reason


@asynccontextmanager
async def watching(
    configs: Sequence[RtspConfig], outlets: dict[str, MemoryOutlet] | None = None
) -> AsyncIterator[Watched]:
    given = outlets or {each.id: MemoryOutlet(device=each.id) for each in configs}
    monitor = Monitor([(each, given[each.id]) for each in configs])
    async with background(monitor.run()):
        yield Watched(monitor, given)


@asynccontextmanager
async def one_watched(
    simulated: SimulatedCamera | None = None, **settings: Any
) -> AsyncIterator[tuple[RtspServer, Watched]]:
    """One camera, ``cam-1``."""
    async with (
        RtspServer(cameras=[simulated or camera("cam-1")]) as server,
        watching([config(server.url("cam-1"), **settings)]) as watched,
    ):
        yield server, watched

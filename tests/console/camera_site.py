"""A hospital with cameras: their edge with its pictures, a store at the hub's machine, the console."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from api.settings import settings_to_json
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, Snapshot
from hub.control import Handler
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.payloads import CameraHealth
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from hub.streams.clock import now_ms
from storage.contract import EventStore
from storage.open import open_reader, open_store
from tests.api.province import Writer
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.console.camera_data import tell
from tests.console.conftest import Background, end, start_server, wait_for_health
from tests.ports import free_port

CAMERAS = ("cam-cong", "cam-kho", "cam-sanh", "cam-hanh-lang")
PRIVATE = "cam-phong-kham"  # no picture of it is kept


class SilentCameraConfig(DeviceConfig):
    snapshot: bool = True


class SilentCamera(Adapter[SilentCameraConfig]):
    """A camera that says what the test says."""

    Config = SilentCameraConfig

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation()

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


class CameraEdge(StandingEdge):
    DEVICES = tuple({"id": name, "kind": "rtsp", "profile": "camera"} for name in (*CAMERAS, PRIVATE))


def picture(seed: int, width: int = 640) -> bytes:
    """A made-up scene as JPEG."""
    random = np.random.default_rng(seed)
    few = random.integers(70, 180, (5, 8, 3), dtype=np.uint8)
    scene = cv2.resize(few, (width, width * 9 // 16), interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(scene, (width // 8, width // 5), (width // 3, width // 2), (48, 60, 66), -1)
    told, coded = cv2.imencode(".jpg", scene)
    assert told
    return bytes(coded)


@dataclass
class CameraSite:
    """Told by tests what its cameras do."""

    url: str
    edge: CameraEdge
    process: Any
    background: Background
    store: EventStore | None = None
    writer: Writer | None = None
    obeying: list[Future[None]] = field(default_factory=list)

    def tells(self, camera: str, one: CameraHealth, ago_ms: int = 0, site: str = SITE) -> None:
        """What its monitor told then."""
        assert self.writer is not None
        self.background.run(tell(self.writer, camera, site, [(now_ms() - ago_ms, one)]))

    def shows(self, camera: str, seed: int, kind: Any = "latest", ago_ms: int = 0) -> None:
        """A picture as its monitor keeps it."""
        large, small = picture(seed), picture(seed, 160)
        taken = Snapshot(camera, now_ms() - ago_ms, large, 640, 360, kind, "blur" * (kind == "event"), small)
        self.background.run(self._keep(taken))

    async def _keep(self, taken: Snapshot) -> None:
        self.edge.edge.outlets[taken.device].snapshot(taken)

    def is_now(self, camera: str, state: Any, reason: str) -> None:
        """Of its device at the edge."""

        async def told() -> None:
            self.edge.edge.outlets[camera].health(state, reason)

        self.background.run(told())

    def obey(self, camera: str) -> list[str]:
        """It does each command at once; gives what it is asked, as it comes."""
        asked: list[str] = []

        async def obeying() -> None:
            async for command in self.edge.edge.outlets[camera].commands():
                asked.append(command.action)
                await command.done()

        self.obeying.append(asyncio.run_coroutine_threadsafe(obeying(), self.background.loop))
        return asked

    def stop(self) -> None:
        end(self.process)

    def start(self) -> None:
        role = "edge" if self.store is None else "both"
        told = self.edge.settings(port=int(self.url.rpartition(":")[2]), console=True, role=role)
        self.process = start_server(settings_to_json(told))
        wait_for_health(self.url, self.process)


def _ledger_of(store: EventStore, folder: Path) -> dict[str, Handler]:
    """People's entries about cameras, as the hub's process takes them."""
    return AlarmDesk(AlarmLedger(store, lambda: open_reader(None, folder), lambda _: None)).calls()


async def _end(running: list[Future[None]]) -> None:
    for each in running:
        each.cancel()
    await asyncio.sleep(0)  # they end at the next turn of their loop, which is ours


@contextmanager
def cameras_at(folder: Path, *, apart: bool = False) -> Iterator[CameraSite]:
    """The console of the cameras' edge; ``apart``: without the store of a hub."""
    background = Background()
    store = None if apart else open_store(None, folder)
    if store is not None:
        background.run(store.open())
    made = EdgeSettings(
        EDGE, SITE, "0.1.0", folder / "spool" / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 9)
    )
    configs = [SilentCameraConfig(id=name, site=SITE, kind="rtsp") for name in CAMERAS]
    configs.append(SilentCameraConfig(id=PRIVATE, site=SITE, kind="rtsp", snapshot=False))
    edge = Edge(made, tuple(configs), lambda config: SilentCamera)
    opened = standing(edge, folder, _ledger_of(store, folder) if store else None)
    socket = background.run(opened.__aenter__())
    url = f"http://127.0.0.1:{free_port()}"
    there = CameraSite(url, CameraEdge(edge, folder, socket), None, background, store)
    there.writer = Writer(store) if store else None
    try:
        there.start()
        yield there
    finally:
        if there.process is not None:
            there.stop()
        background.run(_end(there.obeying))
        background.run(opened.__aexit__(None, None, None))
        if store is not None:
            background.run(store.close())
        background.end()

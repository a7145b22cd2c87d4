"""From a camera's stream to somebody's eyes: real RTSP, real decoding, a real edge and API; masked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.rtsp_camera import RtspCamera
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from simulators.cameras.rtsp_server import RtspServer
from tests.api.clients import client_of, serving
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background
from tests.cameras.keyframes.encoded import LEFT_HALF, pixels_of
from tests.cameras.monitor.watching import camera, config
from tests.fire.patience import until_told
from tests.spool.parts import every_row

pytestmark = pytest.mark.slow
MASKED, PLAIN, BLIND = "cam-che", "cam-thuong", "cam-kin"
DARK = 48
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"  # how every picture of ours begins


class CameraEdge(StandingEdge):
    DEVICES = tuple({"id": name, "kind": "rtsp"} for name in (MASKED, PLAIN, BLIND))

    async def watch(self) -> None:
        cameras = [each for each in self.edge.adapters.values() if isinstance(each, RtspCamera)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(RtspCamera.run_shared(cameras))
            tasks.create_task(self.edge.pictures.run())


def settings_of(server: RtspServer) -> tuple[RtspConfig, ...]:
    told = {"site": SITE, "check_seconds": 1}
    return (
        config(server.url("one"), MASKED, masks=[LEFT_HALF], **told),
        config(server.url("one"), PLAIN, **told),
        config(server.url("one"), BLIND, snapshot=False, **told),
    )


@asynccontextmanager
async def watched(data_dir: Path) -> AsyncIterator[CameraEdge]:
    keys, spool = data_dir / "keys", data_dir / "spool" / "spool.db"
    settings = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, BrokerAddress("127.0.0.1", 9))
    async with RtspServer(cameras=[camera("one")]) as server:
        edge = Edge(settings, settings_of(server), lambda _: RtspCamera)
        async with standing(edge, data_dir) as socket:
            there = CameraEdge(edge, data_dir, socket)
            async with background(there.watch()):
                yield there


async def picture(client: httpx.AsyncClient, name: str, query: str = "") -> httpx.Response:
    return await client.get(f"/api/v1/cameras/{name}/snapshot.jpg{query}")


async def test_a_picture_comes_masked_to_who_may_see_it_and_nowhere_else(tmp_path: Path) -> None:
    async with watched(tmp_path) as there, serving(there.settings()) as app, client_of(app) as client:

        async def is_there() -> bool:
            answers = [await picture(client, name) for name in (MASKED, PLAIN)]
            return all(answer.status_code == 200 for answer in answers)

        await until_told(is_there, "both cameras have a picture")
        for query in ("", "?size=full"):
            masked = pixels_of((await picture(client, MASKED, query)).content)
            plain = pixels_of((await picture(client, PLAIN, query)).content)
            half = masked.shape[1] // 2
            assert masked[:, : half - 4].max() < DARK
            assert plain[:, : half - 4].max() > DARK
            assert masked[:, half + 4 :].max() > DARK
        assert masked.shape == plain.shape == (180, 320, 3)
        assert (await picture(client, BLIND)).status_code == 404
        assert (await picture(client, MASKED, "?size=full")).content.startswith(JPEG)

        async def is_told() -> bool:
            return any(b"camera.health" in each.body for each in await every_row(there.edge.spool))

        await until_told(is_told, "the edge tells how a camera stands")
        rows = [each.body for each in await every_row(there.edge.spool)]
    assert not any(JPEG in body or b"/9j/" in body or b"jpeg" in body for body in rows)
    kept = contents(tmp_path)
    assert f"pictures/{MASKED}/latest" in kept
    assert not any(f"pictures/{BLIND}" in name for name in kept)
    assert [name for name, content in kept.items() if JPEG in content] == [], "sealed, all of them"


def contents(data_dir: Path) -> dict[str, bytes]:
    """Of every file, by its path in ``data_dir``."""
    files = (path for path in data_dir.rglob("*") if path.is_file())
    return {str(path.relative_to(data_dir)): path.read_bytes() for path in files}

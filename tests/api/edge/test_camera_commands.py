"""A camera's edge is asked without a hub: the audit is the edge's, and is there before the command."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.contract import Adapter, DeviceConfig, Frame, Interpretation
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from tests.api.clients import client_of, serving
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background
from tests.fire.patience import until
from tests.spool.parts import every_row

CAMERA, FRIDGE = "cam-1", "tu-lanh-01"


class Camera(Adapter[DeviceConfig]):
    """Does whatever it is asked for, and tells what that was."""

    Config = DeviceConfig

    async def run(self) -> None:
        async for command in self.outlet.commands():
            await command.done(command.action)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        raise NotImplementedError("a camera sends no messages")


class CameraEdge(StandingEdge):
    DEVICES = ({"id": CAMERA, "kind": "rtsp"}, {"id": FRIDGE, "kind": "cold_mqtt"})


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[CameraEdge]:
    keys, spool = tmp_path / "keys", tmp_path / "spool" / "spool.db"
    settings = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, BrokerAddress("127.0.0.1", 9))
    devices = (
        DeviceConfig(id=CAMERA, site=SITE, kind="rtsp"),
        DeviceConfig(id=FRIDGE, site=SITE, kind="cold_mqtt"),
    )
    edge = Edge(settings, devices, lambda _: Camera)
    async with standing(edge, tmp_path) as socket:
        yield CameraEdge(edge, tmp_path, socket)


@pytest.mark.parametrize(
    ("path", "action"),
    [("check", "check_now"), ("reference", "accept_reference"), ("login", "retry_login")],
)
async def test_it_is_asked_without_a_hub_and_audited_here(there: CameraEdge, path: str, action: str) -> None:
    async with (
        serving(there.settings()) as app,
        client_of(app) as client,
        background(there.edge.adapters[CAMERA].run()),
    ):
        await until(lambda: there.edge.outlets[CAMERA].shelf.is_heard, "the camera listens")
        answer = await client.post(f"/api/v1/cameras/{CAMERA}/{path}")
        told = answer.json()
    assert (answer.status_code, told["outcome"], told["reason"]) == (200, "done", action)
    events = [json.loads(each.body) for each in await every_row(there.edge.spool)]
    of_it = [each for each in events if each["data"].get("command") == told["command"]]
    assert [each["type"] for each in of_it] == ["audit.v1", "command.result.v1"]
    assert of_it[0]["data"]["action"] == f"camera.{path}"


@pytest.mark.parametrize(
    ("device", "status", "code"),
    [(CAMERA, 409, "camera.refused"), (FRIDGE, 404, "camera.unknown"), ("cam-9", 404, "camera.unknown")],
)
async def test_what_is_away_refuses_and_what_is_no_camera_is_unknown(
    there: CameraEdge, device: str, status: int, code: str
) -> None:
    async with serving(there.settings()) as app, client_of(app) as client:
        answer = await client.post(f"/api/v1/cameras/{device}/check")
    assert (answer.status_code, answer.json()["code"]) == (status, code)

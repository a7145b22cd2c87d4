"""An edge is killed: its own incident, and the silence of its fridge explained by it until both are back."""

import time
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from hub.mqtt.connection import BrokerAddress, connect
from tests.fire.installation import EDGE, Installation
from tests.fire.patience import until_told

FRIDGE, TOPIC = "tu-lanh-01", "kho/tu-lanh-01"
_CONFIG = f"""\
[alarms]
profiles = ["edge-soon.toml", "fridge-soon.toml"]
[[device]]
id = "{FRIDGE}"
kind = "cold_mqtt"
dialect = "mapped"
topic = "{TOPIC}"
[device.mapping]
"temp.vaccine" = {{ value = "t" }}
[[bus.user]]
name = "sensors"
password = {{ file = "sensors.password" }}
publish = ["{TOPIC}"]
"""
# As the packaged ones, but that nobody waits for minutes. A fridge that is silent before its edge is killed
# has an incident that the edge does not explain: it is given the time that a busy machine needs.
_EDGE = """\
profile = "edge"
version = 2
kinds = ["edge"]
hold_seconds = 31536000
[[rule]]
code = "OFFLINE"
metric = "device.online"
when = "== 0"
for_seconds = 1
severity = "warning"
source = "the test"
"""
_FRIDGE = """\
profile = "fridge"
version = 2
hold_seconds = 1800
[[rule]]
code = "NODATA"
metric = "temp.vaccine"
silent_seconds = 20
severity = "warning"
source = "the test"
"""


async def items(client: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    """Nothing while the API starts."""
    try:
        answer = await client.get(path, params={"limit": "100"} | params)
    except httpx.TransportError:
        return []
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


async def incident(client: httpx.AsyncClient, device: str) -> dict[str, Any]:
    """The one of a device, empty while there is none."""
    return next((each for each in await items(client, "/alarms") if each["device"] == device), {})


async def until_state(client: httpx.AsyncClient, device: str, state: str) -> dict[str, Any]:
    async def told() -> bool:
        return (await incident(client, device)).get("state") == state

    await until_told(told, f"the incident of {device} is {state}")
    return await incident(client, device)


async def measure(installation: Installation) -> None:
    """The sensor publishes one reading; it does not wait for the edge."""
    password = (installation.folder / "sensors.password").read_text("ascii")
    address = BrokerAddress("127.0.0.1", installation.bus_port, "sensors", password)
    sensor = await connect(address, FRIDGE, clean=True, on_messages=lambda _: None)
    await sensor.publish_one(TOPIC, b'{"t": 4.5}')
    await sensor.close()


async def until_heard(client: httpx.AsyncClient) -> None:
    async def told() -> bool:
        latest = await items(client, "/readings/latest")
        return any(each["device"] == FRIDGE and each["metric"] == "temp.vaccine" for each in latest)

    await until_told(told, "the fridge was heard")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_killed_edge_explains_its_fridge(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, "two processes")
    (tmp_path / "edge-soon.toml").write_text(_EDGE, "utf-8")
    (tmp_path / "fridge-soon.toml").write_text(_FRIDGE, "utf-8")
    secret = tmp_path / "sensors.password"
    secret.touch(mode=0o600)
    secret.write_text(token_hex(16), "ascii")
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(_CONFIG)
    hub = f"http://127.0.0.1:{installation.api_port}/api/v1"
    try:
        await installation.start()
        async with httpx.AsyncClient(base_url=hub, timeout=30) as client:
            await installation.until_connected()
            await measure(installation)
            await until_heard(client)
            began = time.time()
            await installation.kill("edge")
            offline = await until_state(client, EDGE, "UNACK")
            assert (offline["kind"], offline["metric"]) == ("OFFLINE", "device.online")
            silent = await until_state(client, FRIDGE, "SUPPRESSED")
            assert silent["suppressed_by"] == offline["id"]
            explained = await items(client, "/alarms", explained_by=offline["id"])
            assert [each["device"] for each in explained] == [FRIDGE]
            (device,) = [each for each in await items(client, "/devices") if each["id"] == FRIDGE]
            assert (device["state"], device["reason"]) == ("UNKNOWN", "edge_offline")
            await installation.start("edge")
            await until_state(client, EDGE, "RTN_UNACK")
            await measure(installation)
            closed = await until_state(client, FRIDGE, "CLOSED")
            assert closed["suppressed_by"] == offline["id"]
            assert time.time() - began < 600, "within the grace: it was never released"
    finally:
        await installation.end()

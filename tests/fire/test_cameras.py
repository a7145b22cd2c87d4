"""Cameras of a running epihub: a dead switch is one alarm, and their edge hears of a maintenance."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.cameras.clip_plans import ClipPlan
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.soak.parts.camera_sites import CameraSites, Watched, camera_sites

COUNT = 4
CLIP = ClipPlan(width=320, height=180, frames_a_second=5, keyframes=5, keyframe_seconds=1.0)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def until_all_stand(sites: CameraSites, *states: str) -> None:
    async def all_do() -> bool:
        rows = await sites.asked("cameras")
        return len(rows) == COUNT and all(row["state"] in states for row in rows)

    await until_told(all_do, f"every camera stands as {states}", 60)


async def post(sites: CameraSites, path: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"http://127.0.0.1:{sites.installation.api_port}/api/v1/{path}"
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(url, json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_dead_switch_and_a_maintenance(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, "one machine")
    async with camera_sites(installation, Watched(COUNT, 1, 60.0, CLIP, scenes=1)) as sites:
        await until_all_stand(sites, "ONLINE", "DEGRADED")
        site = sites.run.plans[0].site
        sites.server.shut()
        calling: list[dict[str, Any]] = []

        async def called() -> bool:
            calling[:] = await sites.asked("alarms", state="UNACK")
            return bool(calling)

        await until_told(called, "somebody is called", 60)
        assert [(row["device"], row["kind"], row["severity"]) for row in calling] == [
            (f"cameras-{site}", "OFFLINE", "warning")
        ]
        told = await post(sites, f"sites/{site}/take-out", {"reason": "thay switch", "minutes": 60})
        assert len(told["devices"]) == COUNT
        await until_all_stand(sites, "MAINTENANCE")
        sites.server.reopen()
        await sites.server.opened()
        assert (await post(sites, f"sites/{site}/put-back", {}))["devices"] == told["devices"]
        await until_all_stand(sites, "ONLINE", "DEGRADED")

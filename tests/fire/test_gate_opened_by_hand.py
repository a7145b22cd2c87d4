"""A gate of a running epihub is opened by hand through the real API, and is not left open by kill -9."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fire.installation import Installation, lives
from tests.fire.patience import until, until_told
from tests.notify.local_server import served
from tests.ports import free_port
from tests.qr_gates.barriers.web_relay import WebRelay

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
GATE = """\
[[device]]
id = "cong-a"
kind = "gate_tcp"
port = {port}
direction = "in"
zone = "khu-a"
relay = {{ by = "http", url = "http://127.0.0.1:{relay}", pulse_ms = 60000, timeout_seconds = 10 }}
passage = {{ by = "http" }}
"""
WHY = {"reason": "Xe cấp cứu của bà Canary"}


async def opened(client: httpx.AsyncClient) -> dict[str, Any]:
    """Once the API answers, and the hub has heard of the gate."""
    answers: list[httpx.Response] = []

    async def answered() -> bool:
        try:
            answers.append(await client.post("/gates/cong-a/open", json=WHY))
        except httpx.TransportError:
            return False
        return answers[-1].status_code not in (404, 409, 503, 504)

    await until_told(answered, "the gate takes commands")
    assert answers[-1].status_code == httpx.codes.OK, answers[-1].text
    told: dict[str, Any] = answers[-1].json()
    return told


async def killed(installation: Installation) -> None:
    """kill -9; how soon its children are gone is asked elsewhere."""
    family, process = installation.family("up"), installation.processes.pop("up")
    process.kill()
    await process.wait()
    await until(lambda: not any(lives(each.pid) for each in family), "its children are gone")


async def count(client: httpx.AsyncClient) -> int:
    zones = (await client.get("/occupancy")).json()["items"]
    return int(zones[0]["count"]) if zones else 0


async def test_it_opens_is_audited_and_closed_after_a_kill(tmp_path: Path) -> None:
    installation, port = Installation.make(tmp_path, "one machine"), free_port()
    async with served(WebRelay()) as relay:
        installation.add_device(GATE.format(port=port, relay=relay.port), port)
        try:
            await installation.start()
            await installation.until_connected()
            await relay.until(lambda: relay.calls == ["GET /close"])
            address = f"http://127.0.0.1:{installation.api_port}/api/v1"
            async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                told = await opened(client)
                assert relay.calls[-1] == "GET /open"
                (row,) = [
                    row
                    for row in (await client.get("/gates/openings")).json()["items"]
                    if row["command"] == told["command"]
                ]
                assert (row["by"], row["device"], row["reason"]) == ("local", "cong-a", WHY["reason"])
                assert (await client.post("/ingest/cong-a-passage")).json() == {"passages": 1}

                async def is_in() -> bool:
                    return await count(client) == 1

                await until_told(is_in, "whoever went through is counted")
                log = (await client.get("/events", params={"limit": 1000})).text
                assert "audit.v1" in log
                assert "Canary" not in log
            await killed(installation)
            assert relay.calls[-1] == "GET /open"
            await installation.start()
            await relay.until(lambda: relay.calls[-1] == "GET /close")
        finally:
            await installation.end()

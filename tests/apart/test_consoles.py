"""Edge and hub apart as real processes: the edge's own console, decisions by command, no bytes at the hub."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.keys import add_key
from tests.apart.halves import Apart, write_hub
from tests.apart.network import Loopback
from tests.fire.patience import until_told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EDGE, URL = "edge-1", "https://edge-1.example:8080"
NOT_HL7 = b"\x0bPID|||075123456789||NGUYEN THI CANARY\r\x1c\r"
KEYS = "api-keys.json"


@dataclass
class Both:
    """One edge and its hub, connected; each with its own API and its own keys."""

    apart: Apart
    hub: str
    edge: str

    def client(self, of: str, role: Any) -> httpx.AsyncClient:
        home = self.apart.home("hub" if of == self.hub else "edge")
        token = add_key(home / "data" / KEYS, role)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=of, headers=headers, timeout=40)

    async def device_sends(self, raw: bytes) -> None:
        reader, writer = await self.apart.dial_device()
        writer.write(raw)
        await reader.read(1000)
        writer.close()

    async def entry(self, state: str, count: int = 1) -> dict[str, Any]:
        """The newest of ``count`` entries that the hub has in this state."""
        items: list[dict[str, Any]] = []

        async def told() -> bool:
            async with self.client(self.hub, "reporter") as client:
                items[:] = (await client.get(f"/api/v1/quarantine?state={state}")).json()["items"]
            return len(items) == count

        await until_told(told, f"the hub has {count} entries {state}")
        return items[0]


async def answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            return (await client.get(f"{url}/healthz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    hosts = Loopback.found()
    write_hub(tmp_path, hosts)
    config = tmp_path / "hub" / "epihub.toml"
    account = f'id = "{EDGE}"\n'
    config.write_text(config.read_text("utf-8").replace(account, f'{account}url = "{URL}"\n'), "utf-8")
    apart = Apart.of(tmp_path, hosts, "edge-1", hosts.bus, 1024)
    hub, edge = (f"http://127.0.0.1:{hosts.api_port(host)}" for host in ("hub", "edge-1"))
    async with AsyncExitStack() as ending:
        ending.push_async_callback(apart.end)
        await apart.start("hub", "edge")
        await apart.until_connected()
        for url in (hub, edge):
            await until_told(lambda url=url: answers(url), f"{url} answers", 30)  # type: ignore[misc]
        yield Both(apart, hub, edge)


async def test_each_side_answers_what_is_its_own(both: Both) -> None:
    await both.device_sends(NOT_HL7)
    entry = await both.entry("WAITING")
    path, why = f"/api/v1/edges/{EDGE}", {"reason": "Đối chiếu mã mẫu"}
    async with both.client(both.edge, "admin") as client:
        told = (await client.get(path)).json()
        assert (told["here"], told["quarantined"], told["bus"]["connected"]) == (True, 1, True)
        assert (await client.get("/api/v1/results")).json()["code"] == "hub.elsewhere"
        (capture,) = (await client.get(f"{path}/captures")).json()["items"]
    assert capture["id"] == entry["capture"]
    async with both.client(both.hub, "vault") as vault:
        for ask in (f"{path}/captures/{capture['id']}/look", f"/api/v1/quarantine/{entry['id']}/look"):
            answer = await vault.post(ask, json=why)
            assert (answer.status_code, answer.json()["code"]) == (421, "edge.elsewhere")
            assert (answer.json()["edge"], answer.json()["url"]) == (EDGE, URL)
            assert b"CANARY" not in answer.content
    async with both.client(both.edge, "vault") as vault:
        answer = await vault.post(f"{path}/captures/{capture['id']}/look", json=why)
        assert "CANARY" in answer.json()["text"]
        (row,) = (await vault.get(f"{path}/looks")).json()["items"]
    assert (row["capture"], row["reason"]) == (capture["id"], why["reason"])
    for role in ("edge", "hub"):
        assert both.apart.log(role)
        assert "CANARY" not in both.apart.log(role)


async def test_the_hub_decides_by_command_and_says_when_the_edge_is_away(both: Both) -> None:
    await both.device_sends(NOT_HL7)
    entry = await both.entry("WAITING")
    path = f"/api/v1/quarantine/{entry['id']}"
    async with both.client(both.hub, "operator") as operator:
        replayed = await operator.post(f"{path}/replay")
        assert replayed.json() == {"outcome": "done", "reason": "events=0 waiting=1", "events": 0}
        discarded = await operator.post(f"{path}/discard")
        assert (discarded.status_code, discarded.json()["outcome"]) == (200, "done")
        await both.entry("DISCARDED")
        await both.apart.kill("edge")
        away = await operator.post(f"{path}/replay")
    assert (away.status_code, away.json()["code"]) == (504, "edge.no_answer")


async def test_an_edge_goes_on_while_somebody_else_has_its_port(both: Both) -> None:
    await both.apart.stop("edge")
    config = both.apart.home("edge") / "epihub.toml"
    ports = [url.rpartition(":")[2] for url in (both.edge, both.hub)]
    config.write_text(config.read_text("utf-8").replace(f"port = {ports[0]}", f"port = {ports[1]}"), "utf-8")
    await both.apart.start("edge")
    await both.apart.until_connected()
    await both.device_sends(NOT_HL7)
    await both.entry("WAITING")

"""People go in and out at the gates of a running epihub: its API tells who is in, and sets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fire.installation import EDGE, Installation
from tests.fire.patience import until_told
from tests.ports import free_ports

ZONE = "khu-a"
GATE = """\
[[device]]
id = "cong-{direction}"
kind = "gate_tcp"
port = {port}
direction = "{direction}"
zone = "khu-a"
"""
API = "/api/v1"


def card(person: int) -> bytes:
    """A citizen's card of nobody."""
    return f"0751990{person:05}||Nguyễn Văn {person}|02091999|Nam|Biên Hòa, Đồng Nai|15042021\r\n".encode()


async def show(port: int, *people: int) -> None:
    """Each at the gate's scanner, one after the other."""
    _, line = await asyncio.open_connection("127.0.0.1", port)
    for person in people:
        line.write(card(person))
        await line.drain()
    line.close()
    await line.wait_closed()


@asynccontextmanager
async def api_of(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    address = f"http://127.0.0.1:{installation.api_port}{API}"
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        yield client


async def items(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Nothing while the API, or its store, does not answer yet."""
    try:
        answer = await client.get(path)
    except httpx.TransportError:
        return []
    found: list[dict[str, Any]] = answer.json().get("items", [])
    return found


async def until_scans(client: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    """With their passages: facts of one scan may be two commits of the hub."""
    found: list[dict[str, Any]] = []

    async def told() -> bool:
        found[:] = await items(client, "/scans")
        return len(found) >= count and all(row["passage"] for row in found)

    await until_told(told, f"{count} scans are in the store")
    return found


async def test_who_is_in_is_told_and_set(tmp_path: Path) -> None:
    installation, ports = Installation.make(tmp_path, "one machine"), free_ports(2)
    for direction, port in zip(("in", "out"), ports, strict=True):
        installation.add_device(GATE.format(direction=direction, port=port), port)
    try:
        await installation.start()
        await installation.until_connected()
        async with api_of(installation) as client:
            await show(ports[0], 1, 2, 3, 4)
            await until_scans(client, 4)
            await show(ports[1], 2)
            scans = await until_scans(client, 5)
            assert [(row["direction"], row["decision"]) for row in scans] == [
                ("out", "allow"),
                *[("in", "allow")] * 4,
            ]
            assert all(row["passage"]["confirmed"] is False for row in scans)
            (zone,) = await items(client, "/occupancy")
            assert (zone["zone"], zone["edge"], zone["count"], zone["inferred_share"]) == (ZONE, EDGE, 3, 1.0)
            answer = await client.post(f"/occupancy/{ZONE}", json={"count": 40})
            assert answer.status_code == httpx.codes.OK, answer.text
            assert (answer.json()["count"], answer.json()["drift"]) == (40, 37)
            await show(ports[0], 5)
            await until_scans(client, 6)
            (zone,) = await items(client, "/occupancy")
            assert (zone["count"], zone["entered"], zone["set"]["actor"]) == (41, 1, "local")
            told = [row for row in await items(client, "/gates/counts") if row["device"] == "cong-in"]
            assert sum(row["scans"] for row in told) == 5  # midnight may lie between
            assert sum(row["entered"] for row in told) == 5
    finally:
        await installation.end()


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

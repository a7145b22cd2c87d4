"""A device that pushes by HTTP: API, control socket, adapter, spool, answer after the commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import ApiSettings
from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation
from hub.control import serve_control
from hub.edge.edge import Edge, EdgeSettings
from hub.errors import NotCommitted
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Reading
from hub.runtime.http_ingest import ingest_call
from hub.spool import SpoolLimits
from hub.streams import HttpAnswer, HttpRequest, now_ms, serve_route
from hub.streams.surroundings import surroundings
from tests.background import background


class Pusher(Adapter[DeviceConfig]):
    """Takes a bare number."""

    Config = DeviceConfig

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        value = float(frame.raw)
        return Interpretation(
            (Fact(Reading("temp.vaccine", value, "Cel"), "temp.vaccine", received_ms, "received"),)
        )

    async def run(self) -> None:
        await serve_route(surroundings().routes, f"/ingest/{self.config.id}", self.take)

    async def take(self, request: HttpRequest) -> HttpAnswer:
        frame = Frame(request.body, origin=request.peer)
        meaning = self.understand(frame, now_ms())
        try:
            await self.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)
        except NotCommitted:
            return HttpAnswer(503, headers={"Retry-After": "30"})
        return HttpAnswer(202, b'{"kept":true}')


async def until(reached: Callable[[], bool]) -> None:
    """Turn the loop until the tasks just made are so far."""
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - a route has no event; nothing here waits for time
            await asyncio.sleep(0)


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    settings = EdgeSettings(
        id="edge-1", site="kho", version="0", spool_path=tmp_path / "spool.db", keys=tmp_path / "keys",
        address=BrokerAddress("127.0.0.1", 9), limits=SpoolLimits(),
    )  # fmt: skip
    edge = Edge(settings, (DeviceConfig(id="probe-1", site="kho", kind="push"),), lambda _: Pusher)
    await edge.open()
    calls = {"ingest": ingest_call(edge)}
    async with background(serve_control(tmp_path / "control.sock", calls)), background(edge.run()):
        await until(lambda: edge.surroundings.routes.find("/ingest/probe-1") is not None)
        await until((tmp_path / "control.sock").exists)
        yield edge


@pytest.fixture
async def client(edge: Edge, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        ApiSettings(
            data_dir=tmp_path,
            control_socket=tmp_path / "control.sock",
            role="both",
            edge="edge-1",
            edge_socket=tmp_path / "control.sock",
            keys_file=tmp_path / "keys.json",
            console=False,
        )
    )
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_a_push_is_answered_by_its_adapter_after_the_commit(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    before = edge.spool.figures().spooled
    answer = await client.post("/api/v1/ingest/probe-1", content=b"4.5")
    assert (answer.status_code, answer.json()) == (202, {"kept": True})
    assert edge.spool.figures().spooled > before


async def test_bytes_nobody_understands_are_kept_too(edge: Edge, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/ingest/probe-1", content=b"warm")
    assert answer.status_code == 202
    (entry,) = await edge.spool.quarantine()
    assert (entry.device, entry.reason, entry.place) == ("probe-1", "adapter.fault", "ValueError")


async def test_an_unknown_device_is_told_so(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/ingest/probe-9", content=b"4.5")
    assert answer.status_code == 404
    assert answer.json()["code"] == "device.unknown"


async def test_a_full_spool_is_our_trouble_not_the_devices(edge: Edge, client: httpx.AsyncClient) -> None:
    edge.spool.books.full = True
    answer = await client.post("/api/v1/ingest/probe-1", content=b"4.5")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")

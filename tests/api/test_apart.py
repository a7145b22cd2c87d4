"""A hub apart: what only an edge has is answered with the edge's address, and never fetched."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from hub.control import ControlClient
from storage.contract import Batch, Watermark
from storage.open import open_reader, open_store
from tests.api.clients import keyed
from tests.api.conftest import NOW_MS
from tests.api.fake_hub import FakeHub
from tests.api.province import EDGE, EPOCH, Writer, fill, settings
from tests.api.real_edge import RAW, real_edge

WHY = {"reason": "Đối chiếu mã mẫu"}
URL = "https://edge-1.example:8080"


class Apart:
    """Asks an API with one role's key; ``hub`` answers its commands."""

    def __init__(self, data_dir: Path, hub: FakeHub, more: dict[str, Any]) -> None:
        self.told = settings(data_dir, hub.path, **more)
        self.hub = hub
        self.app = create_app(self.told, reader=open_reader(None, data_dir), control=ControlClient(hub.path))

    def client(self, role: Any) -> httpx.AsyncClient:
        return keyed(self.app, self.told, role)

    async def entry(self) -> str:
        async with self.client("reporter") as client:
            items = (await client.get("/api/v1/quarantine")).json()["items"]
        return str(next(item["id"] for item in items if item["where"] == "edge"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Writer]:
    made = open_store(None, tmp_path)
    await made.open()
    yield await fill(made, NOW_MS, hours=1)
    await made.write(Batch(made.term, watermarks=[Watermark(EDGE, EPOCH, 1, "")]))
    await made.close()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[FakeHub]:
    made = FakeHub(tmp_path / "hub.sock")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def apart(tmp_path: Path, store: Writer, hub: FakeHub) -> AsyncIterator[Apart]:
    made = Apart(tmp_path, hub, {"edges": [{"id": EDGE, "url": URL}, {"id": "edge-2", "url": ""}]})
    async with made.app.router.lifespan_context(made.app):
        yield made


async def test_a_raw_look_names_the_edge_and_its_address(apart: Apart) -> None:
    entry = await apart.entry()
    async with apart.client("vault") as vault:
        answer = await vault.post(f"/api/v1/quarantine/{entry}/look", json=WHY)
    told = answer.json()
    assert (answer.status_code, told["code"], told["edge"], told["url"]) == (421, "edge.elsewhere", EDGE, URL)
    assert answer.headers["content-type"] == "application/problem+json"
    assert apart.hub.asked == [], "a hub never fetches"


@pytest.mark.parametrize("path", ["captures", "quarantine", "unsendable"])
async def test_what_only_an_edge_has_is_elsewhere(apart: Apart, path: str) -> None:
    async with apart.client("reporter") as client:
        told = (await client.get(f"/api/v1/edges/{EDGE}/{path}")).json()
        assert (told["code"], told["url"]) == ("edge.elsewhere", URL)
        told = (await client.get(f"/api/v1/edges/edge-2/{path}")).json()
        assert (told["code"], told["url"]) == ("edge.elsewhere", None)
        assert "was not told" in told["detail"]
        assert (await client.get(f"/api/v1/edges/edge-3/{path}")).json()["code"] == "edge.unknown"


async def test_edges_are_listed_with_their_address(apart: Apart) -> None:
    async with apart.client("reporter") as client:
        items = (await client.get("/api/v1/edges")).json()["items"]
    assert [(item["id"], item["url"], item["here"]) for item in items] == [
        (EDGE, URL, False),
        ("edge-2", None, False),
    ]


async def test_a_push_goes_to_the_devices_edge(apart: Apart) -> None:
    async with apart.client("device") as device:
        told = (await device.post("/api/v1/ingest/tu-lanh-01", content=b"4.5")).json()
        assert (told["code"], told["edge"]) == ("edge.elsewhere", EDGE)
        assert (await device.post("/api/v1/ingest/nobody", content=b"4.5")).json()["code"] == "device.unknown"


@pytest.mark.parametrize("path", ["snapshot.jpg", "snapshot.jpg?size=full", "look.mjpg", "pictures"])
async def test_pictures_stay_at_their_edge(apart: Apart, path: str) -> None:
    async with apart.client("operator") as client:
        told = (await client.get(f"/api/v1/cameras/tu-lanh-01/{path}")).json()
        assert (told["status"], told["code"], told["edge"], told["url"]) == (421, "edge.elsewhere", EDGE, URL)
        assert (await client.get(f"/api/v1/cameras/cam-9/{path}")).json()["code"] == "camera.unknown"
    assert apart.hub.asked == []


async def test_orders_go_to_the_edge_of_their_analyzers(apart: Apart) -> None:
    body = {"order": "O-1", "specimen": "S-1", "tests": ["94500-6"]}
    async with apart.client("operator") as operator:
        told = (await operator.put("/api/v1/orders", json=body | {"device": "genexpert-01"})).json()
        assert (told["status"], told["code"], told["edge"], told["url"]) == (421, "edge.elsewhere", EDGE, URL)
        for method, path in (("PUT", ""), ("GET", ""), ("GET", "/O-1"), ("DELETE", "/O-1")):
            told = (await operator.request(method, f"/api/v1/orders{path}", json=body)).json()
            assert told["code"] == "edge.elsewhere"
            assert told["edges"] == [{"id": EDGE, "url": URL}, {"id": "edge-2", "url": None}]
    assert apart.hub.asked == []


OUTCOMES = {
    "done": (200, None),
    "refused": (409, "replay.refused"),
    "failed": (502, "replay.failed"),
    "away": (504, "edge.no_answer"),
    "expired": (504, "edge.too_late"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("decision", ["replay", "discard"])
async def test_a_decision_by_command_tells_how_it_ended(apart: Apart, decision: str, outcome: str) -> None:
    entry = await apart.entry()
    apart.hub.answers[decision] = {"outcome": outcome, "reason": "r", "events": 0}
    async with apart.client("operator") as operator:
        answer = await operator.post(f"/api/v1/quarantine/{entry}/{decision}")
    assert (answer.status_code, answer.json().get("code")) == OUTCOMES[outcome]
    assert [asked["entry"] for asked in apart.hub.asked] == [entry]


async def test_on_one_machine_the_look_is_answered_here(tmp_path: Path, store: Writer, hub: FakeHub) -> None:
    async with real_edge(tmp_path / "edge") as there:
        await there.came(RAW)
        more = {"role": "both", "edge": EDGE, "edge_socket": there.socket}
        both = Apart(tmp_path, hub, more)
        async with both.app.router.lifespan_context(both.app), both.client("vault") as vault:
            path = f"/api/v1/edges/{EDGE}/captures/{await there.capture()}/look"
            assert (await vault.post(path, json=WHY)).json()["bytes"] == len(RAW)
            unknown = await vault.post(f"/api/v1/quarantine/{await both.entry()}/look", json=WHY)
    assert unknown.json()["code"] == "capture.unknown", (
        "the store's made-up entry names no capture of this edge"
    )

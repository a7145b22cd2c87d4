"""Destinations and webhooks through the API: how they stand, who may change what, and no secret twice."""

from pathlib import Path
from typing import Any, cast

import pytest

from api.keys import add_key
from hub.feeds.signing import secret_bytes
from hub.feeds.webhook_book import WebhookBook
from hub.runtime.destination_desk import DestinationDesk
from storage.contract import StoreReader
from storage.destinations import DestinationChange, OutboxRow
from tests.api.conftest import NOW_MS, Stage

DEAD = OutboxRow(3, "id-3", "lab.result.v1", "0" * 32, "dead", 1, NOW_MS, NOW_MS, "http.422")


class KeptOpen:
    """The stage's reader, which a desk would close."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def open(self) -> None: ...
    async def close(self) -> None: ...


async def desk(stage: Stage, folder: Path) -> list[Any]:
    """The hub answers as it does; gives what it was asked to enter into the audit."""
    noted: list[Any] = []

    async def note(by: str, action: str, name: str) -> None:
        noted.append((action, name))

    reader = cast(StoreReader, KeptOpen(stage.deck.reader))
    made = DestinationDesk(stage.writer.store, lambda: reader, note, WebhookBook(folder))
    await stage.hub.stop()
    stage.hub.desk = made.calls()
    await stage.hub.start()
    change = DestinationChange("central", 0, 7, put=[DEAD], wanted=5, taken=4)
    await stage.writer.store.settle_destination(change)
    return noted


async def test_how_each_stands_and_its_dead_letters(stage: Stage, tmp_path: Path) -> None:
    await desk(stage, tmp_path)
    async with stage.client() as client:
        (row,) = (await client.get("/api/v1/destinations")).json()["items"]
        found = (await client.get("/api/v1/destinations/central/outbox")).json()
        waiting = (await client.get("/api/v1/destinations/central/outbox?state=waiting")).json()
        unknown = await client.get("/api/v1/destinations/nobody/outbox")
    assert (row["id"], row["state"], row["wanted"], row["dead"]) == ("central", "unknown", 5, 1)
    assert [(each["number"], each["reason"]) for each in found["items"]] == [(3, "http.422")]
    assert (waiting["items"], unknown.status_code) == ([], 404)
    assert unknown.json()["code"] == "destination.unknown"


async def test_an_admin_pauses_replays_and_drops(stage: Stage, tmp_path: Path) -> None:
    noted = await desk(stage, tmp_path)
    async with stage.client() as client:
        path = "/api/v1/destinations/central"
        assert (await client.post(f"{path}/pause")).json()["outcome"] == "done"
        assert (await client.get("/api/v1/destinations")).json()["items"][0]["state"] == "paused"
        assert (await client.post(f"{path}/resume")).status_code == 200
        told = (await client.post(f"{path}/replay", json={"dead": True})).json()
        assert (told["events"], told["next_number"]) == (1, None)
        assert (await client.post(f"{path}/drop", json={"numbers": [3]})).json()["events"] == 0
        nothing = await client.post(f"{path}/replay", json={})
        assert (nothing.status_code, nothing.json()["code"]) == (422, "destination.refused")
    assert [action for action, _ in noted] == [
        "destination.pause", "destination.resume", "destination.replay", "destination.drop",
    ]  # fmt: skip


async def test_a_webhook_tells_its_secret_once(stage: Stage, tmp_path: Path) -> None:
    noted = await desk(stage, tmp_path)
    body = {"url": "https://lis.example/epihub", "types": ["lab.*"]}
    async with stage.client() as client:
        made = await client.post("/api/v1/webhooks", json=body)
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        secret, name = made.json()["secret"], made.json()["id"]
        secret_bytes(secret)
        listed = await client.get("/api/v1/webhooks")
        assert secret not in listed.text
        assert [each["id"] for each in listed.json()["items"]] == [name]
        again = (await client.post(f"/api/v1/webhooks/{name}/rotate")).json()
        assert again["rotating"]
        (kept,) = WebhookBook(tmp_path).all()
        assert kept.secrets == (again["secret"], secret)
        ended = (await client.post(f"/api/v1/webhooks/{name}/rotate?finish=true")).json()
        assert (ended["secret"], ended["rotating"]) == (None, False)
        assert (await client.delete(f"/api/v1/webhooks/{name}")).status_code == 200
        assert (await client.delete(f"/api/v1/webhooks/{name}")).status_code == 404
    assert WebhookBook(tmp_path).all() == []
    assert (tmp_path / "webhooks.json").stat().st_mode & 0o077 == 0
    assert noted[0] == ("webhook.add", "webhook")


@pytest.mark.parametrize(
    "url",
    ["http://lis.example/", "https://u:p@lis.example/", "https://lis.example/#a", "https:///x", "ftp://a"],
)
async def test_what_is_no_address_is_refused(stage: Stage, tmp_path: Path, url: str) -> None:
    await desk(stage, tmp_path)
    async with stage.client() as client:
        refused = await client.post("/api/v1/webhooks", json={"url": url})
    assert refused.status_code == 422
    assert url not in refused.text


async def test_who_may_not_change(stage: Stage, tmp_path: Path) -> None:
    await desk(stage, tmp_path)
    token = add_key(stage.deck.settings.keys_file, "reporter")
    async with stage.client(authorization=f"Bearer {token}") as client:
        assert (await client.get("/api/v1/destinations")).status_code == 200
        for path in ("destinations/central/pause", "destinations/central/resume", "webhooks"):
            refused = await client.post(f"/api/v1/{path}", json={"url": "https://a.example"})
            assert refused.status_code == 403
        assert (await client.get("/api/v1/webhooks")).status_code == 403

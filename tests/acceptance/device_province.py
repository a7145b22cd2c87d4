"""The API over a real store and a hub's own desk of reports, for systems that devices feed."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

import httpx

from api.app import create_app
from hub.control import ControlClient
from hub.events import parse_time
from hub.reported import FacilityRegistered, Reported
from hub.runtime.hub_place import HubPlace
from hub.runtime.intake_desk import IntakeDesk
from hub.runtime.report_desk import ReportDesk
from storage.contract import Arrival, Batch, EventStore, StoreReader
from storage.open import open_reader, open_store
from tests.api.clients import client_of
from tests.api.fake_hub import FakeHub
from tests.api.province import settings
from tests.conformance.store_arrivals import From, arrival
from tests.postgres.server import PostgresServer

TODAY = "2021-08-05"
NOW = parse_time("2021-08-05T02:00:00.000Z")
SITES = [
    {"id": "so-y-te", "name": "Sở Y tế", "kind": "office", "district": "731"},
    {"id": "bv-thong-nhat", "name": "Bệnh viện Thống Nhất", "kind": "hospital", "district": "731"},
    {"id": "bv-da-chien-1", "name": "Bệnh viện dã chiến số 1", "kind": "field-hospital", "district": "737"},
]
_BATCH = 1000


def local(text: str) -> int:
    """Unix ms of ``2021-08-04T08:00`` in Đồng Nai."""
    return parse_time(f"{text}:00.000Z") - 7 * 3_600_000


def reported(payload: Reported, seq: int) -> Arrival:
    """As the hub's desk makes it."""
    origin = From("intake", "dong-nai", "hub", "hub", seq)
    return arrival(payload, origin, time_ms=NOW, subject=payload.subject)


def facilities() -> list[Arrival]:
    """Every site, registered under its id."""
    kinds: dict[str, Any] = {"office": "workplace"}
    return [
        reported(
            FacilityRegistered(
                facility=site["id"],
                name=site["name"],
                kind=kinds.get(site["kind"], site["kind"]),
                district=site["district"],
                valid_from="2021-01-01",
                site=site["id"],
            ),
            10_000_000 + number,
        )
        for number, site in enumerate(SITES)
    ]


class _Bearing:
    """What the desk of intake needs of a hub."""

    place = HubPlace("so-y-te")

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def bear(self, arrivals: Sequence[Arrival]) -> None:
        await self._store.write(Batch(self._store.term, arrivals, received_ms=NOW))


@dataclass
class Standing:
    """One hub: what came, and what its API says."""

    store: EventStore
    client: httpx.AsyncClient

    async def came(self, arrivals: Iterable[Arrival], *, times: int = 3, seed: int = 1) -> None:
        """Each event so many times, in any order."""
        shuffled = [one for one in arrivals for _ in range(times)]
        Random(seed).shuffle(shuffled)
        for begin in range(0, len(shuffled), _BATCH):
            part = shuffled[begin : begin + _BATCH]
            await self.store.write(Batch(self.store.term, part, received_ms=NOW))

    async def enter(self, kind: str, bodies: Sequence[dict[str, Any]]) -> list[str]:
        """What became of each."""
        answer = await self.client.post(f"/api/v1/intake/{kind}", json=list(bodies))
        assert answer.status_code == 200, answer.text
        return [item["outcome"] for item in answer.json()["items"]]

    async def get(self, path: str, **asked: Any) -> Any:
        answer = await self.client.get(f"/api/v1/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def table(self, report: str, code: str, **asked: Any) -> dict[str, dict[str, Any]]:
        """Rows by key, each a figure by column; ``total`` too."""
        told = await self.get(f"reports/{report}", **asked)
        table = next(one for one in told["report"]["content"]["tables"] if one["code"] == code)
        columns = [column["code"] for column in table["columns"]]
        rows = [*table["rows"], *([table["total"]] if table["total"] else [])]
        return {row["key"]: named(columns, row["cells"]) for row in rows}

    async def same_again(self, report: str, **asked: Any) -> None:
        """Asked again, and as its own revision, in every form: the same bytes."""
        revision = (await self.get(f"reports/{report}", **asked))["revision"]
        assert revision is not None
        for form in ("json", "csv", "xlsx", "pdf"):
            first, again, old = [
                await self.client.get(f"/api/v1/reports/{report}", params={**asked, "format": form, **more})
                for more in ({}, {}, {"revision": revision})
            ]
            assert first.status_code == 200, first.text
            assert first.content == again.content == old.content


def named(columns: Sequence[str], cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {code: cell["value"] for code, cell in zip(columns, cells, strict=True)}


@asynccontextmanager
async def standing_hub(folder: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:
    """``database`` None: SQLite."""
    url = await database.new_store(f"accept_{token_hex(6)}") if database else None
    password = database.password if database else None
    store = open_store(url, folder, password=password)
    await store.open()
    hub = FakeHub(folder / "hub.sock")

    def reader() -> StoreReader:
        return open_reader(url, folder, password=password)

    desk = ReportDesk(store, reader, lambda: NOW)
    intake: Any = _Bearing(store)
    hub.desk = desk.calls() | IntakeDesk(intake, reader, "Asia/Ho_Chi_Minh", lambda: NOW).calls()
    await hub.start()
    told = settings(folder, hub.path, sites=SITES, devices=[])
    app = create_app(
        told, reader=open_reader(url, folder, password=password), control=ControlClient(hub.path)
    )
    object.__setattr__(app.state.deck, "now_ms", lambda: NOW)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield Standing(store, client)
    await hub.stop()
    await store.close()

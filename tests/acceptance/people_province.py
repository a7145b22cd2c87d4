"""The API over a real store with a hub's own desks of intake and reports, for what people report."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

import msgspec

from api.app import create_app
from hub.control import ControlClient
from hub.reported import FacilityRegistered, Reported
from hub.runtime.hub_place import HubPlace
from hub.runtime.intake_desk import IntakeDesk
from hub.runtime.report_desk import ReportDesk
from storage.contract import Arrival, Batch, EventStore
from storage.open import open_reader, open_store
from tests.acceptance.device_province import NOW, SITES, Standing, reported
from tests.api.clients import client_of
from tests.api.fake_hub import FakeHub
from tests.api.province import settings
from tests.postgres.server import PostgresServer

ZONE = "Asia/Ho_Chi_Minh"
DISTRICTS = ("731", "732", "734", "735", "736", "737", "738", "739", "740", "741", "742")
MOST_AT_ONCE = 1000
_SEQ = count(1)


@dataclass
class People(Standing):
    """What people send comes through ``POST intake``, or as events where it is much."""

    open_reader: Callable[[], Any]
    keys_file: Path

    async def sent(self, kind: str, items: Sequence[Any], *, times: int = 3, seed: int = 1) -> dict[str, int]:
        """Each item so many times, in any order; how often which outcome was answered."""
        shuffled = [one for one in items for _ in range(times)]
        Random(seed).shuffle(shuffled)
        outcomes: dict[str, int] = {}
        for begin in range(0, len(shuffled), MOST_AT_ONCE):
            answer = await self.client.post(
                f"/api/v1/intake/{kind}", json=shuffled[begin : begin + MOST_AT_ONCE]
            )
            assert answer.status_code in (200, 201), answer.text
            for one in answer.json()["items"]:
                outcomes[one["outcome"]] = outcomes.get(one["outcome"], 0) + 1
        return outcomes

    async def told(self, payloads: Iterable[Reported], *, times: int = 3, seed: int = 1) -> None:
        """As events of the hub's desk."""
        await self.came([reported(one, next(_SEQ)) for one in payloads], times=times, seed=seed)


class _Hub:
    """What the intake desk needs of a hub."""

    place = HubPlace("so-y-te")

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def bear(self, arrivals: Sequence[Arrival]) -> None:
        await self._store.write(Batch(self._store.term, arrivals, received_ms=NOW))


@asynccontextmanager
async def people_hub(folder: Path, database: PostgresServer | None) -> AsyncIterator[People]:
    """``database`` None: SQLite."""
    url = await database.new_store(f"people_{token_hex(6)}") if database else None
    password = database.password if database else None

    def reader() -> Any:
        return open_reader(url, folder, password=password)

    store = open_store(url, folder, password=password)
    await store.open()
    hub = FakeHub(folder / "hub.sock")
    hub.desk = {**ReportDesk(store, reader, _now, _Hub(store).bear).calls(), **_intake(store, reader).calls()}
    await hub.start()
    told = settings(folder, hub.path, sites=SITES, devices=[])
    app = create_app(told, reader=reader(), control=ControlClient(hub.path))
    object.__setattr__(app.state.deck, "now_ms", _now)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield People(store, client, reader, told.keys_file)
    await hub.stop()
    await store.close()


def _intake(store: EventStore, reader: Callable[[], Any]) -> IntakeDesk:
    return IntakeDesk(_Hub(store), reader, ZONE, _now)


def _now() -> int:
    return NOW


def body(told: Reported) -> dict[str, Any]:
    """As a client sends it."""
    fields: dict[str, Any] = msgspec.to_builtins(told)
    return {name: value for name, value in fields.items() if name != "actor" and value}


def facilities(prefix: str, kind: Any, number: int, **more: Any) -> list[FacilityRegistered]:
    """Spread over the eleven districts."""
    return [
        FacilityRegistered(
            facility=f"{prefix}-{at:03d}",
            name=f"Cơ sở {prefix.upper()} {at:03d}",
            kind=kind,
            district=DISTRICTS[at % len(DISTRICTS)],
            valid_from="2021-01-01",
            **more,
        )
        for at in range(number)
    ]

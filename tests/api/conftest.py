from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.deck import Deck
from hub.control import ControlClient
from storage.open import open_reader, open_store
from tests.api.clients import HERE, LOOPBACK, client_of
from tests.api.fake_hub import FakeHub
from tests.api.province import Writer, fill, settings
from tests.postgres.server import PostgresServer

NOW_MS = 1_795_330_000_000  # 2026-11-22T06:46:40Z


@dataclass
class Stage:
    """One API over a real store and a hub on a real socket."""

    app: FastAPI
    deck: Deck
    writer: Writer
    hub: FakeHub
    data_dir: Path

    def client(self, host: str = HERE, peer: str = LOOPBACK, **headers: str) -> httpx.AsyncClient:
        return client_of(self.app, host=host, peer=peer, **headers)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> PostgresServer | None:
    """The server that holds the store; None: it is a file."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server


@pytest.fixture
async def stage(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Stage]:
    url = await database.new_store(f"api_{token_hex(6)}") if database else None
    password = database.password if database else None
    store = open_store(url, tmp_path, password=password)
    await store.open()
    writer = await fill(store, NOW_MS, hours=2)
    hub = FakeHub(tmp_path / "hub.sock")
    await hub.start()
    told = settings(tmp_path, hub.path)
    reader = open_reader(url, tmp_path, password=password)
    app = create_app(told, reader=reader, control=ControlClient(hub.path))
    async with app.router.lifespan_context(app):
        yield Stage(app, app.state.deck, writer, hub, tmp_path)
    await hub.stop()
    await store.close()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.client() as made:
        yield made

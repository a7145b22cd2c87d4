"""Stores of both dialects, filled, and moments of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

import pytest

from hub.backup.place import Place
from storage.contract import StoreReader
from storage.exporting.export import moment_of
from storage.exporting.moment import Moment
from storage.open import open_reader, open_store
from tests.exporting.content import fill
from tests.postgres.server import PostgresServer

DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))  # a server


class Filled(NamedTuple):
    """A closed store with something of everything, as it is and as the API reads it."""

    place: Place
    moment: Moment
    reader: StoreReader


@pytest.fixture(scope="session", params=DIALECTS)
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """None: SQLite. Not a coroutine: the server is started with a loop of its own."""
    found: PostgresServer | None = None
    if request.param == "postgresql":
        found = request.getfixturevalue("postgres_server")
    return found


@pytest.fixture
async def place(server: PostgresServer | None, tmp_path: Path) -> Place:
    """An empty one."""
    return await empty_place(server, tmp_path)


@pytest.fixture(scope="session")
def filled_place(server: PostgresServer | None, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Tests only read it."""
    return asyncio.run(filled_in(server, tmp_path_factory.mktemp("filled")))


@pytest.fixture
async def filled(filled_place: Place) -> AsyncIterator[Filled]:
    place = filled_place
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    async with moment_of(place.store_url, place.data_dir, place.password) as moment:
        yield Filled(place, moment, reader)
    await reader.close()


async def empty_place(server: PostgresServer | None, folder: Path) -> Place:
    if server is None:
        return Place(folder, folder / "spool.db")
    url = await server.new_store(f"t{token_hex(6)}")
    return Place(folder, folder / "spool.db", url, server.password)


async def filled_in(server: PostgresServer | None, folder: Path) -> Place:
    place = await empty_place(server, folder)
    store = open_store(place.store_url, place.data_dir, password=place.password, timezone="Asia/Ho_Chi_Minh")
    await store.open()
    await fill(store)
    await store.close()
    return place

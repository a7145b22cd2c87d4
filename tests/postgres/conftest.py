from collections.abc import AsyncIterator
from secrets import token_hex

import pytest

from storage.postgres.connection import Server
from storage.postgres.store import PostgresStore
from tests.postgres.server import PostgresServer


@pytest.fixture(params=["postgres_server", "debian_postgres_server"])
def either_server(request: pytest.FixtureRequest) -> PostgresServer:
    """Both servers, one after the other."""
    server: PostgresServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
async def either(either_server: PostgresServer) -> Server:
    """An empty store on each of both servers."""
    return Server(await either_server.new_store(f"t{token_hex(6)}"), either_server.password)


@pytest.fixture
def empty(postgres_url: str, postgres_server: PostgresServer) -> Server:
    """An empty store."""
    return Server(postgres_url, postgres_server.password)


@pytest.fixture
async def store(empty: Server) -> AsyncIterator[PostgresStore]:
    made = PostgresStore(empty)
    await made.open()
    yield made
    await made.close()

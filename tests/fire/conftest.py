from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disk import DISK, folder_on_disk
from tests.postgres.server import PostgresServer, embedded_programs, running_server


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On a disk, as in a hospital."""
    with folder_on_disk() as folder:
        yield folder


@pytest.fixture(scope="session")
def durable_server() -> Iterator[PostgresServer]:
    """A server with the settings that epihub asks for: nothing is made fast for tests."""
    with running_server(embedded_programs(), settings=(), place=DISK) as server:
        yield server


@pytest.fixture
def postgres(durable_server: PostgresServer) -> PostgresServer:
    """It runs, also after a test that failed while it was down."""
    if not durable_server.runs:
        durable_server.start()
    return durable_server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """Where the store is: in a file, or in a server."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server

"""TLS to a real server: verified, or no connection. Debian's server speaks it, that of the wheel does not."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from hub.errors import StoreUnavailable
from storage.postgres.connection import Server
from storage.postgres.reader import PostgresReader
from storage.postgres.store import PostgresStore
from tests.broker.certificates import Authority
from tests.conformance.store_arrivals import lab
from tests.conformance.store_use import write
from tests.postgres.server import FAST, PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@pytest.fixture
def tls_server(debian_postgres_programs: Path, authority: Authority) -> Iterator[PostgresServer]:
    """It lets nobody in without TLS; its certificate is for localhost."""
    with tempfile.TemporaryDirectory(prefix="epihub-postgres-") as place:
        folder = Path(place)
        issued = authority.issue(["localhost"])
        files = {"ssl_cert_file": issued.certificate, "ssl_key_file": issued.key}
        settings = [f"{name}={folder / path.name}" for name, path in files.items()]
        server = PostgresServer(debian_postgres_programs, folder, settings=(*FAST, "ssl=on", *settings))
        server.create()
        for path in files.values():
            server.own(Path(shutil.copy(path, folder)))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture
async def url(tls_server: PostgresServer) -> str:
    """By the name in the certificate."""
    told = await tls_server.new_store("tls")
    return told.replace("127.0.0.1", "localhost")


async def test_a_verified_server_is_written_and_read_over_tls(
    tls_server: PostgresServer, url: str, authority: Authority
) -> None:
    reached = Server(f"{url}&sslmode=verify-full&sslrootcert={authority.certificate}", tls_server.password)
    store, reader = PostgresStore(reached), PostgresReader(reached)
    await store.open()
    await write(store, lab("S-1"))
    await reader.open()
    assert len(await reader.events(0, limit=10)) == 1
    watcher: asyncpg.Connection = await tls_server.connect()
    found = await watcher.fetch(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'epihub'"
    )
    assert found
    assert all(row["ssl"] for row in found)
    await watcher.close()
    await reader.close()
    await store.close()


async def test_a_certificate_of_somebody_else_is_refused(
    tls_server: PostgresServer, url: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "other")
    doubtful = Server(f"{url}&sslmode=verify-full&sslrootcert={other.certificate}", tls_server.password)
    with pytest.raises(StoreUnavailable, match=r"store\.tls"):
        await PostgresStore(doubtful).open()


async def test_a_certificate_of_another_name_is_refused(
    tls_server: PostgresServer, url: str, authority: Authority
) -> None:
    by_address = url.replace("localhost", "127.0.0.1")
    doubtful = Server(
        f"{by_address}&sslmode=verify-full&sslrootcert={authority.certificate}", tls_server.password
    )
    with pytest.raises(StoreUnavailable, match=r"store\.tls"):
        await PostgresStore(doubtful).open()

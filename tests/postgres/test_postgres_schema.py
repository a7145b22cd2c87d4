"""The schema: made, grown up, never taken down, and never mixed with that of another program."""

import asyncpg
import pytest

from hub.errors import OperatorError, StoreUnavailable
from storage.contract import Batch
from storage.migrations import Migration
from storage.postgres.connection import Server
from storage.postgres.reader import PostgresReader
from storage.postgres.schema import migrate, migrations, newest_version, version_of
from storage.postgres.store import PostgresStore
from storage.sqlite.schema import newest_version as newest_of_sqlite
from tests.conformance.store_arrivals import NOW, lab
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow


def _path_of(server: Server) -> dict[str, str]:
    return {"search_path": server.url.rpartition("=")[2]}


def test_one_number_means_the_same_in_both_dialects() -> None:
    assert newest_version() == newest_of_sqlite()


async def test_the_reader_waits_for_the_store(empty: Server) -> None:
    reader = PostgresReader(empty)
    with pytest.raises(StoreUnavailable, match=r"store\.closed"):
        await reader.devices()
    with pytest.raises(StoreUnavailable, match=r"store\.absent"):
        await reader.open()
    store = PostgresStore(empty)
    await store.open()
    await reader.open()
    assert await reader.devices() == []
    await store.close()
    assert await reader.devices() == []
    await reader.close()


async def test_a_newer_store_is_refused_and_left_as_it_is(
    empty: Server, postgres_server: PostgresServer
) -> None:
    store = PostgresStore(empty)
    await store.open()
    await store.close()
    connection = await postgres_server.connect(server_settings=_path_of(empty))
    await connection.execute("UPDATE epihub_schema SET version = version + 1")
    with pytest.raises(OperatorError, match="knows"):
        await store.open()
    reader = PostgresReader(empty)
    with pytest.raises(StoreUnavailable, match=r"store\.schema"):
        await reader.open()
    await reader.close()
    assert await version_of(connection) == newest_version() + 1
    assert await connection.fetchval("SELECT term FROM store") == 1
    await connection.close()


async def test_tables_of_another_program_are_refused(empty: Server, postgres_server: PostgresServer) -> None:
    connection = await postgres_server.connect(server_settings=_path_of(empty))
    await connection.execute("CREATE TABLE customers (id int)")
    with pytest.raises(OperatorError, match="another program"):
        await PostgresStore(empty).open()
    assert not await version_of(connection)
    await connection.close()


async def test_a_migration_is_done_wholly_or_not_at_all(
    empty: Server, postgres_server: PostgresServer
) -> None:
    connection = await postgres_server.connect(server_settings=_path_of(empty))
    steps = migrations()
    broken = Migration(len(steps) + 1, "broken.sql", "CREATE TABLE half (id int); SELECT 1/0")
    await migrate(connection, steps[:1])
    assert await version_of(connection) == 1
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, [*steps, broken])
    assert await version_of(connection) == len(steps)
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    await migrate(connection)
    await connection.close()
    store = PostgresStore(empty)
    await store.open()
    assert (await store.write(Batch(store.term, [lab()], received_ms=NOW))).stored == 1
    await store.close()

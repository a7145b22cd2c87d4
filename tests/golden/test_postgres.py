"""PostgreSQL stores of every earlier version grow up to today's: same answers, one transaction a step."""

from secrets import token_hex
from typing import Any

import asyncpg
import pytest

from hub.errors import OperatorError
from storage.contract import Batch
from storage.postgres.connection import Server
from storage.postgres.reader import PostgresReader
from storage.postgres.schema import migrate, migrations, newest_version, version_of
from storage.postgres.store import PostgresStore
from tests.conformance.store_arrivals import NOW, From, lab
from tests.golden.content import answers
from tests.golden.make import POSTGRES, fill_postgres, golden
from tests.golden.postgres_dump import dump, load
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow  # a server
GOLDEN = golden(POSTGRES)
DROPS_THE_LINE = "; SELECT pg_terminate_backend(pg_backend_pid())"


async def earlier(server: PostgresServer, version: int) -> tuple[Server, str]:
    """A schema as an epihub of that version left it, and its name."""
    name = f"t{token_hex(6)}"
    found = Server(await server.new_store(name), server.password)
    await load(server, name, GOLDEN[version])
    return found, name


async def told(server: Server) -> dict[str, Any]:
    reader = PostgresReader(server)
    await reader.open()
    try:
        return await answers(reader)
    finally:
        await reader.close()


def test_there_is_a_golden_store_of_every_version() -> None:
    assert list(GOLDEN) == list(range(1, newest_version() + 1)), "python -m tests.golden.make"


@pytest.mark.parametrize("version", GOLDEN)
async def test_an_earlier_store_answers_as_todays_and_goes_on(
    postgres_server: PostgresServer, version: int
) -> None:
    found, _ = await earlier(postgres_server, version)
    fresh = await fill_postgres(postgres_server, f"t{token_hex(6)}")
    store = PostgresStore(found)
    await store.open()
    assert store.term == 2
    assert await told(found) == await told(fresh)
    again = lab("S-1", From(seq=2), call="POS", ct=21.5)
    outcome = await store.write(Batch(store.term, [again, lab("S-new", From(seq=40))], received_ms=NOW))
    assert (outcome.stored, outcome.duplicates) == (1, 1)
    await store.close()


@pytest.mark.parametrize("step", range(2, newest_version() + 1))
async def test_a_migration_whose_server_dies_changes_nothing(
    postgres_server: PostgresServer, step: int
) -> None:
    """The session is ended from inside the last statement of the step."""
    _, name = await earlier(postgres_server, step - 1)
    before = dump(postgres_server, name)
    steps = migrations()
    steps[step - 1] = steps[step - 1]._replace(sql=steps[step - 1].sql + DROPS_THE_LINE)
    connection = await postgres_server.connect(server_settings={"search_path": name})
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await migrate(connection, steps)
    connection.terminate()
    assert dump(postgres_server, name) == before
    connection = await postgres_server.connect(server_settings={"search_path": name})
    await migrate(connection)
    assert await version_of(connection) == newest_version()
    await connection.close()


@pytest.mark.parametrize("known", range(1, newest_version()))
async def test_an_older_epihub_refuses_and_leaves_it_alone(
    postgres_server: PostgresServer, known: int
) -> None:
    _, name = await earlier(postgres_server, newest_version())
    before = dump(postgres_server, name)
    connection = await postgres_server.connect(server_settings={"search_path": name})
    with pytest.raises(OperatorError, match=f"this epihub knows {known}: .* restore a backup"):
        await migrate(connection, migrations()[:known])
    await connection.close()
    assert dump(postgres_server, name) == before

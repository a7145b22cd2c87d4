"""The server goes away, refuses, is slow or strange: a code without secrets, and the writer comes back."""

import asyncio
import logging
import ssl
from collections.abc import Iterator

import asyncpg
import pytest

from hub.errors import StoreBroken, StoreUnavailable
from storage.postgres.connection import Server
from storage.postgres.failures import code_of
from storage.postgres.reader import PostgresReader
from storage.postgres.session import Session
from storage.postgres.store import PostgresStore
from tests.conformance.store_arrivals import From, lab, poison
from tests.conformance.store_use import write
from tests.postgres.server import PASSWORD, PostgresServer, embedded_programs, running_server

pytestmark = pytest.mark.slow


async def specimens(server: Server) -> list[str]:
    reader = PostgresReader(server)
    await reader.open()
    try:
        return sorted(
            event.body.decode().split('"specimen":"')[1].split('"')[0]
            for event in await reader.events(0, limit=1000)
        )
    finally:
        await reader.close()


# the line


async def test_the_writer_connects_anew_by_itself(store: PostgresStore, empty: Server) -> None:
    await write(store, lab("S-1"))

    async def write_and_lose_the_line(session: Session) -> None:
        await session.connection.execute("DELETE FROM event")
        await session.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailable, match=r"store\.connection"):
        await store._run(write_and_lose_the_line)
    await write(store, lab("S-3", From(epoch="c" * 16)))
    assert await specimens(empty) == ["S-1", "S-3"]


async def test_the_reader_connects_anew_by_itself(
    store: PostgresStore, empty: Server, postgres_server: PostgresServer
) -> None:
    reader = PostgresReader(empty)
    await reader.open()
    with pytest.raises(StoreUnavailable, match=r"store\.connection"):
        await reader._read(
            lambda connection: connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        )
    assert await reader.devices() == []
    await reader.close()


async def reconnected(store: PostgresStore) -> None:
    """The next statement goes over a new line."""
    assert store._line is not None
    session = await store._line.session()
    await session.connection.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """One that a test may kill."""
    with running_server(embedded_programs()) as server:
        yield server


async def test_a_dead_server_is_told_apart_and_its_return_is_found(own_server: PostgresServer) -> None:
    reached = Server(await own_server.new_store("s"), own_server.password)
    store, reader = PostgresStore(reached), PostgresReader(reached)
    await store.open()
    await reader.open()
    await write(store, lab("S-1"))
    await asyncio.to_thread(own_server.kill)
    for ask in (write(store, lab("S-2", From(seq=2))), reader.devices()):
        with pytest.raises(StoreUnavailable, match=r"store\.connection"):
            await ask
    with pytest.raises(StoreUnavailable, match=r"store\.connection"):
        await PostgresStore(reached).open()
    await asyncio.to_thread(own_server.start)
    await write(store, lab("S-3", From(seq=3)))
    assert await specimens(reached) == ["S-1", "S-3"]
    assert await reader.devices() != []
    await store.close()
    await reader.close()


async def test_a_statement_does_not_wait_for_ever(
    store: PostgresStore, empty: Server, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.postgres import connection

    monkeypatch.setitem(connection._WRITER, "lock_timeout", "200ms")
    monkeypatch.setitem(connection._READER, "statement_timeout", "200ms")
    await reconnected(store)
    holder = await postgres_server.connect(server_settings=_path_of(empty))
    held = holder.transaction()
    await held.start()
    await holder.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
    with pytest.raises(StoreUnavailable, match=r"store\.busy"):
        await write(store, lab("S-1"))
    await held.rollback()
    await holder.close()
    await write(store, lab("S-2", From(seq=2)))
    reader = PostgresReader(empty)
    await reader.open()
    with pytest.raises(StoreUnavailable, match=r"store\.slow"):
        await reader._read(lambda connection: connection.fetchval("SELECT pg_sleep(5)"))
    assert len(await reader.events(0, limit=10)) == 1
    await reader.close()


def _path_of(server: Server) -> dict[str, str]:
    return {"search_path": server.url.rpartition("=")[2]}


# what the server refuses


async def test_a_database_that_takes_no_writes(
    store: PostgresStore, empty: Server, postgres_server: PostgresServer
) -> None:
    await postgres_server.run("ALTER ROLE epihub SET default_transaction_read_only = on")
    try:
        await reconnected(store)
        with pytest.raises(StoreUnavailable, match=r"store\.readonly"):
            await write(store, lab("S-1"))
    finally:
        connection = await postgres_server.connect(server_settings={"default_transaction_read_only": "off"})
        await connection.execute("ALTER ROLE epihub RESET default_transaction_read_only")
        await connection.close()
    assert (await write(store, lab("S-1"))).stored == 1


async def test_a_reader_cannot_write(store: PostgresStore, empty: Server) -> None:
    reader = PostgresReader(empty)
    await reader.open()
    with pytest.raises(StoreUnavailable, match=r"store\.readonly"):
        await reader._read(lambda connection: connection.execute("DELETE FROM store"))
    await reader.close()


async def test_an_event_the_server_refuses_goes_to_quarantine_alone(
    store: PostgresStore, empty: Server, postgres_server: PostgresServer
) -> None:
    connection = await postgres_server.connect(server_settings=_path_of(empty))
    await connection.execute("ALTER TABLE lab_result ADD CHECK (specimen NOT LIKE 'bad-%')")
    await connection.close()
    events = [lab(name, From(seq=seq)) for seq, name in enumerate(("S-1", "bad-1", "S-2", "S-3", "bad-2"), 1)]
    outcomes = await asyncio.gather(write(store, *events), write(store, lab("S-4", From(seq=9))))
    assert [(o.stored, o.duplicates, o.quarantined) for o in outcomes] == [(3, 0, 2), (1, 0, 0)]
    assert [o.last_number for o in outcomes] == [3, 4]
    reader = PostgresReader(empty)
    await reader.open()
    rows = (await reader.quarantine("WAITING", limit=10, cursor=None)).items
    assert [row["reason"] for row in rows] == ["store.constraint"] * 2
    figures = await reader.figures()
    assert (figures.events, figures.results, figures.poison) == (4, 4, 2)
    await reader.close()
    assert (await write(store, lab("S-5", From(seq=10)), events[1])).quarantined == 1


async def test_what_no_text_can_hold_goes_to_quarantine(store: PostgresStore, empty: Server) -> None:
    strange = [lab("S\0nul"), lab("S-1", From(seq=2)), lab("S-2", From(seq=3), subject="x" * 5000)]
    outcome = await write(store, *strange, poison=[poison()._replace(topic="a\0b")])
    assert (outcome.stored, outcome.quarantined) == (1, 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (asyncpg.DiskFullError("x"), "store.full"),
        (asyncpg.OutOfMemoryError("x"), "store.busy"),
        (asyncpg.TooManyConnectionsError("x"), "store.busy"),
        (asyncpg.ReadOnlySQLTransactionError("x"), "store.readonly"),
        (asyncpg.InvalidPasswordError("x"), "store.refused"),
        (asyncpg.InvalidCatalogNameError("x"), "store.absent"),
        (asyncpg.InsufficientPrivilegeError("x"), "store.forbidden"),
        (asyncpg.AdminShutdownError("x"), "store.connection"),
        (asyncpg.CannotConnectNowError("x"), "store.connection"),
        (asyncpg.QueryCanceledError("x"), "store.slow"),
        (asyncpg.DataCorruptedError("x"), "store.corrupt"),
        (asyncpg.DivisionByZeroError("x"), "store.bad_value"),
        (asyncpg.UndefinedColumnError("x"), "store.sqlstate_42703"),
        (ssl.SSLCertVerificationError("x"), "store.tls"),
        (ConnectionRefusedError("x"), "store.connection"),
        (TimeoutError("x"), "store.slow"),
        (asyncpg.InterfaceError("connection is closed"), "store.connection"),
    ],
)
def test_every_failure_has_a_code_and_quotes_nothing(error: Exception, code: str) -> None:
    assert code_of(error).partition(":")[0] == code
    assert " x" not in code_of(error)


# who may come in


async def test_a_wrong_password_is_told_without_it(empty: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = Server(empty.url, "wr0ng-secret")
    for opening in (PostgresStore(wrong).open(), PostgresReader(wrong).open()):
        with pytest.raises(StoreUnavailable, match=r"store\.refused") as refused:
            await opening
        assert "wr0ng" not in repr(refused.value)
        assert "127.0.0.1" not in str(refused.value)
    assert "wr0ng" not in caplog.text
    assert PASSWORD not in repr(empty)


async def test_a_server_without_tls_is_refused_where_tls_is_asked_for(empty: Server) -> None:
    """The server of the wheel speaks none."""
    strict = Server(f"{empty.url}&sslmode=verify-full&sslrootcert=/dev/null", empty.password)
    with pytest.raises(StoreUnavailable, match=r"store\.(tls|connection)"):
        await PostgresStore(strict).open()


# the store itself


async def test_another_store_in_its_place_is_noticed(
    store: PostgresStore, empty: Server, postgres_server: PostgresServer
) -> None:
    connection = await postgres_server.connect(server_settings=_path_of(empty))
    await connection.execute("UPDATE store SET id = 'ffffffffffffffff'")
    await connection.close()
    with pytest.raises(StoreBroken, match=r"store\.replaced"):
        await write(store, lab())


async def test_a_server_that_answers_nothing_is_left_and_dialled_again(
    monkeypatch: pytest.MonkeyPatch, empty: Server, postgres_server: PostgresServer
) -> None:
    """SIGSTOP: the line stands, and nothing comes, not even the end of what was cancelled."""
    monkeypatch.setattr("storage.postgres.connection.LONGEST_ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("storage.postgres.transaction.LONGEST_ROLLBACK_SECONDS", 0.5)
    store = PostgresStore(empty)
    await store.open()
    await write(store, lab("S-1"))
    postgres_server.freeze()
    try:
        async with asyncio.timeout(30):
            with pytest.raises(StoreUnavailable, match=r"store\.slow"):
                await write(store, lab("S-2", From(seq=2)))
    finally:
        postgres_server.thaw()
    await reconnected(store)
    assert (await write(store, lab("S-3", From(seq=3)))).stored == 1
    await store.close()
    assert "S-3" in await specimens(empty)


async def test_what_waits_when_the_store_closes_is_answered(empty: Server) -> None:
    store = PostgresStore(empty)
    await store.open()
    waiting = [asyncio.create_task(write(store, lab(f"S-{n}", From(seq=n)))) for n in range(1, 21)]
    await asyncio.sleep(0)
    await store.close()
    assert sum(outcome.stored for outcome in await asyncio.gather(*waiting)) == 20
    assert len(await specimens(empty)) == 20

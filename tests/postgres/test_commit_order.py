"""Numbers grow in commit order: a reader that goes by them misses nothing, whoever writes meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.errors import OperatorError, StoreUnavailable
from storage.contract import Batch
from storage.postgres.connection import TRANSACTION_LOCK, Server, connect_writer, schema_of
from storage.postgres.ledger import Ledger
from storage.postgres.line import Line
from storage.postgres.reader import PostgresReader
from storage.postgres.session import Session
from storage.postgres.store import PostgresStore
from storage.postgres.transaction import Standing
from tests.conformance.store_arrivals import NOW, From, lab
from tests.conformance.store_use import write
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture
async def reader(store: PostgresStore, empty: Server) -> AsyncIterator[PostgresReader]:
    reader = PostgresReader(empty)
    await reader.open()
    yield reader
    await reader.close()


class SecondWriter(Line):
    """A writer that nothing but the transaction's own lock keeps apart from the first."""

    async def session(self) -> Session:
        if self._session is None:
            connection = await connect_writer(self._server)
            self._session = Session(connection, await schema_of(connection))
        return self._session


async def waiting_for_a_lock(connection: asyncpg.Connection) -> int:
    """How many sessions wait for an advisory lock of our transactions."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND NOT granted",
        TRANSACTION_LOCK,
    )
    return number


async def test_of_two_open_transactions_the_second_waits_for_its_number(
    store: PostgresStore, reader: PostgresReader, empty: Server, postgres_server: PostgresServer
) -> None:
    """The first has its number and is not committed; the second may not get a later one and commit first."""
    other = Ledger(SecondWriter(empty), store.store_id)
    may_commit, has_written = asyncio.Event(), asyncio.Event()

    async def write_slowly(session: Session, standing: Standing) -> None:
        share = Batch(store.term, [lab("S-slow")], received_ms=NOW)
        await other._write(session, standing, [share], other._quick)
        has_written.set()
        await may_commit.wait()

    slow = asyncio.create_task(other.run(write_slowly))
    await has_written.wait()
    quick = asyncio.create_task(write(store, lab("S-quick", From(seq=2))))
    watcher = await postgres_server.connect()
    async with asyncio.timeout(10):
        # A process of the server: nothing tells us when it waits.
        while not await waiting_for_a_lock(watcher):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await watcher.close()
    assert not quick.done()
    assert await reader.events(0, limit=10) == []
    may_commit.set()
    await slow
    outcome = await quick
    seen = await reader.events(0, limit=10)
    assert [event.number for event in seen] == [1, 2]
    assert seen[-1].number == outcome.last_number
    await other._line.close()


async def test_without_the_lock_a_reader_would_miss_rows_for_good(postgres_server: PostgresServer) -> None:
    """What the lock is for: a sequence gives numbers in the order of asking, not of committing."""
    slow, quick, reading = [await postgres_server.connect() for _ in range(3)]
    await slow.execute("CREATE TABLE naive (number bigserial PRIMARY KEY, body text)")
    first, second = slow.transaction(), quick.transaction()
    await first.start()
    await slow.execute("INSERT INTO naive (body) VALUES ('slow')")
    await second.start()
    await quick.execute("INSERT INTO naive (body) VALUES ('quick')")
    await second.commit()
    seen = await reading.fetch("SELECT number, body FROM naive WHERE number > 0 ORDER BY number")
    await first.commit()
    later = await reading.fetch("SELECT number, body FROM naive WHERE number > $1", seen[-1]["number"])
    assert [row["body"] for row in (*seen, *later)] == ["quick"]
    await slow.execute("DROP TABLE naive")
    for connection in (slow, quick, reading):
        await connection.close()


async def test_a_cursor_reader_misses_nothing_beside_two_writers(
    store: PostgresStore, reader: PostgresReader, empty: Server
) -> None:
    other = Ledger(SecondWriter(empty), store.store_id)

    async def by_store(first: int) -> None:
        for seq in range(first, first + 60, 2):
            await write(store, lab(f"S-{seq}", From(seq=seq)), lab(f"S-{seq}-b", From(seq=seq + 1000)))

    async def by_other(first: int) -> None:
        for seq in range(first, first + 60, 2):
            await other.write([Batch(store.term, [lab(f"T-{seq}", From(seq=seq))], received_ms=NOW)])

    async def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < 90:
            seen += [event.number for event in await reader.events(seen[-1] if seen else 0, limit=7)]
        return seen

    async with asyncio.timeout(30):
        _, _, seen = await asyncio.gather(by_store(1), by_other(2), follow())
    assert seen == list(range(1, 91))
    await other._line.close()


async def test_a_rolled_back_number_is_given_again(store: PostgresStore, reader: PostgresReader) -> None:
    """There are no gaps: a reader need not ask whether a missing number will still come."""
    with pytest.raises(StoreUnavailable):
        await store._run(_insert_and_fail)
    await write(store, lab("S-1"), lab("S-1"), lab("S-2", From(seq=2)))
    await write(store, lab("S-1"), lab("S-3", From(seq=3)))
    assert [event.number for event in await reader.events(0, limit=10)] == [1, 2, 3]


async def _insert_and_fail(session: Session) -> None:
    await session.connection.execute("UPDATE store SET last_number = last_number + 5")
    raise StoreUnavailable("store.test")


async def test_a_second_hub_is_refused_and_an_old_holder_writes_nothing(
    store: PostgresStore, reader: PostgresReader, empty: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_writer_settings(), "lock_timeout", "200ms")
    second = PostgresStore(empty)
    with pytest.raises(OperatorError, match="another hub uses this database"):
        await second.open()
    await write(store, lab("S-1"))
    await _cut(store)
    await second.open()
    with pytest.raises(StoreUnavailable, match=r"store\.busy"):
        await write(store, lab("S-2", From(seq=2)))
    await second.close()
    with pytest.raises(StoreUnavailable, match="lease lost"):
        await write(store, lab("S-3", From(seq=3)))
    assert len(await reader.events(0, limit=10)) == 1


def _writer_settings() -> dict[str, str]:
    from storage.postgres import connection

    return connection._WRITER


async def _cut(store: PostgresStore) -> None:
    assert store._line is not None
    session = await store._line.session()
    await session.connection.close()

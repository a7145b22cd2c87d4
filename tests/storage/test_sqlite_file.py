"""The file: who may open it, how it grows up, and what happens when the disk fails."""

import asyncio
import resource
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from hub.errors import ConfigError, OperatorError, StoreBroken, StoreUnavailable
from storage.contract import Batch, Hole, Outcome, ResultFilter
from storage.migrations import Migration
from storage.open import open_reader, open_store
from storage.sqlite.connection import connect_reader, require_sqlite
from storage.sqlite.reader import SqliteReader
from storage.sqlite.schema import APPLICATION_ID, migrate, migrations, newest_version, version_of
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import EPOCH_A, NOW, From, answer, lab, poison

HUGE = poison(b"x" * 500_000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "e.db")
    await store.open()
    yield store
    await store.close()


async def write(store: SqliteStore, *specimens: str) -> Outcome:
    arrivals = [lab(specimen, From(seq=number + 1)) for number, specimen in enumerate(specimens)]
    return await store.write(Batch(store.term, arrivals, received_ms=NOW))


async def specimens(path: Path) -> list[str]:
    reader = SqliteReader(path)
    await reader.open()
    try:
        page = await reader.results(ResultFilter(), limit=1000, cursor=None)
        return sorted(row["specimen"] for row in page.items)
    finally:
        await reader.close()


async def test_a_second_hub_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    second = SqliteStore(tmp_path / "e.db")
    with pytest.raises(OperatorError, match="another hub uses this data directory"):
        await second.open()
    await second.close()
    await write(store, "S-1")
    await store.close()
    await second.open()
    await second.close()


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_only_the_owner_reads_the_files(store: SqliteStore, tmp_path: Path) -> None:
    await write(store, "S-1")
    modes = modes_in(tmp_path)
    assert set(modes) == {"e.db", "e.db-wal", "e.db-shm", "e.db.lock"}
    assert set(modes.values()) == {0o600}


async def test_commits_are_durable_and_pages_fit_the_disk(store: SqliteStore) -> None:
    connection = store._connection
    assert connection is not None
    assert (connection.pragma("journal_mode"), connection.pragma("synchronous")) == ("wal", 2)
    assert connection.pragma("page_size") == 4096


async def test_the_reader_waits_for_the_database(tmp_path: Path) -> None:
    reader = SqliteReader(tmp_path / "e.db")
    with pytest.raises(StoreUnavailable, match=r"store\.closed"):
        await reader.devices()
    with pytest.raises(StoreUnavailable, match=r"store\.absent"):
        await reader.open()
    assert not (tmp_path / "e.db").exists()
    store = SqliteStore(tmp_path / "e.db")
    await store.open()
    await reader.open()
    assert await reader.devices() == []
    await store.close()
    assert await reader.devices() == []
    await reader.close()


async def test_the_reader_follows_a_restored_file(tmp_path: Path) -> None:
    old, new = SqliteStore(tmp_path / "e.db"), SqliteStore(tmp_path / "copy.db")
    reader = SqliteReader(tmp_path / "e.db")
    await old.open()
    await write(old, "S-old")
    await reader.open()
    await old.close()
    await new.open()
    await write(new, "S-new")
    await new.close()
    for rest in ("e.db-wal", "e.db-shm"):  # kept by the reader; they belong to the old file
        (tmp_path / rest).unlink(missing_ok=True)
    (tmp_path / "copy.db").replace(tmp_path / "e.db")
    page = await reader.results(ResultFilter(), limit=10, cursor=None)
    assert [row["specimen"] for row in page.items] == ["S-new"]
    await reader.close()


async def test_a_reader_cannot_write(store: SqliteStore, tmp_path: Path) -> None:
    connection = connect_reader(tmp_path / "e.db")
    with pytest.raises(apsw.ReadOnlyError):
        connection.execute("DELETE FROM store")
    connection.close()


async def test_an_unopened_store_has_no_lease(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "e.db")
    assert (store.store_id, store.term) == ("", 0)
    assert modes_in(tmp_path) == {}


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.99"])
def test_an_unsafe_sqlite_is_refused(version: str) -> None:
    with pytest.raises(OperatorError, match="WAL-reset"):
        require_sqlite(version)
    require_sqlite("3.51.3")
    require_sqlite("4.0.0")


# migrations


def test_an_empty_file_grows_up() -> None:
    connection = apsw.Connection(":memory:")
    assert version_of(connection) == 0
    migrate(connection)
    assert version_of(connection) == newest_version() == len(migrations())
    migrate(connection)
    assert connection.pragma("application_id") == APPLICATION_ID


def test_each_step_is_one_transaction() -> None:
    connection = apsw.Connection(":memory:")
    steps = [
        Migration(1, "0001_a.sql", "CREATE TABLE a (x);"),
        Migration(2, "0002_b.sql", "CREATE TABLE b (x); INSERT INTO a VALUES (1); INSERT INTO c VALUES (1);"),
    ]
    with pytest.raises(apsw.SQLError):
        migrate(connection, steps)
    assert version_of(connection) == 1
    assert connection.execute("SELECT name FROM sqlite_schema").get == "a"
    assert connection.execute("SELECT count(*) FROM a").get == 0
    steps[1] = Migration(2, "0002_b.sql", "CREATE TABLE b (x); INSERT INTO a VALUES (1);")
    migrate(connection, steps)
    assert version_of(connection) == 2


async def test_a_newer_schema_is_refused_and_left_alone(store: SqliteStore, tmp_path: Path) -> None:
    await write(store, "S-1")
    await store.close()
    connection = apsw.Connection(str(tmp_path / "e.db"))
    connection.pragma("user_version", newest_version() + 1)
    connection.close()
    with pytest.raises(OperatorError, match=f"schema {newest_version() + 1}, this epihub knows"):
        await SqliteStore(tmp_path / "e.db").open()
    reader = SqliteReader(tmp_path / "e.db")
    with pytest.raises(StoreUnavailable, match=r"store\.schema"):
        await reader.open()
    await reader.close()
    connection = apsw.Connection(str(tmp_path / "e.db"))
    assert connection.execute("SELECT term FROM store").get == 1
    connection.pragma("user_version", newest_version())
    connection.close()
    assert await specimens(tmp_path / "e.db") == ["S-1"]


@pytest.mark.parametrize("version", [0, 1])
async def test_a_foreign_database_is_refused(tmp_path: Path, version: int) -> None:
    connection = apsw.Connection(str(tmp_path / "e.db"))
    connection.execute("CREATE TABLE notes (x)")
    connection.pragma("user_version", version)
    connection.close()
    with pytest.raises(OperatorError, match="another program"):
        await SqliteStore(tmp_path / "e.db").open()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "e.db").write_bytes(b"no database at all\n" * 500)
    with pytest.raises(StoreUnavailable, match=r"store\.notadb"):
        await SqliteStore(tmp_path / "e.db").open()
    with pytest.raises(StoreUnavailable, match=r"store\.notadb"):
        await SqliteReader(tmp_path / "e.db").open()


# refusals and failures


async def test_an_event_that_sqlite_refuses_is_quarantined_alone(store: SqliteStore, tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "e.db"))
    connection.execute("""
        CREATE TRIGGER refuse BEFORE INSERT ON lab_result WHEN new.specimen LIKE 'bad-%'
        BEGIN SELECT raise(ABORT, 'refused'); END
    """)
    connection.close()
    outcomes = await asyncio.gather(write(store, "S-1", "bad-1", "S-2", "bad-2"), write(store, "S-3"))
    assert [(o.stored, o.duplicates, o.quarantined) for o in outcomes] == [(2, 0, 2), (1, 0, 0)]
    assert await specimens(tmp_path / "e.db") == ["S-1", "S-2", "S-3"]
    reader = SqliteReader(tmp_path / "e.db")
    await reader.open()
    rows = (await reader.quarantine("WAITING", limit=10, cursor=None)).items
    assert [row["reason"] for row in rows] == ["store.constraint"] * 2
    assert {row["bytes"] for row in rows} == {len(lab("bad-1", From(seq=2)).body)}
    figures = await reader.figures()
    assert (figures.events, figures.results, figures.poison) == (3, 3, 2)
    await reader.close()
    assert (await write(store, "S-4", "bad-1")).quarantined == 1


async def test_a_full_disk_stores_nothing_and_mends(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    store = SqliteStore(path, largest_bytes=500_000)
    await store.open()
    await write(store, "S-1")
    with pytest.raises(StoreUnavailable, match=r"store\.full"):
        await store.write(Batch(store.term, [lab("S-2", From(seq=2))], [HUGE], received_ms=NOW))
    assert await specimens(path) == ["S-1"]
    assert (await write(store, "S-3")).stored == 1
    await store.close()
    assert await specimens(path) == ["S-1", "S-3"]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Every write beyond ``size`` fails with EFBIG, which SQLite reports as an I/O error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_after_an_io_error_nothing_is_written_until_it_is_opened_anew(
    store: SqliteStore, tmp_path: Path
) -> None:
    await write(store, "S-1")
    with largest_file((tmp_path / "e.db-wal").stat().st_size), pytest.raises(StoreBroken, match="ioerr"):
        await write(store, "S-2")
    with pytest.raises(StoreBroken, match="opened anew"):
        await write(store, "S-3")
    await store.close()
    await store.open()
    assert (await write(store, "S-4")).stored == 1
    assert await specimens(tmp_path / "e.db") == ["S-1", "S-4"]


async def test_a_failed_series_does_not_haunt_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    store = SqliteStore(path, largest_bytes=500_000)
    await store.open()
    new_epoch = [lab("S-1", From(epoch="c" * 16))]
    with pytest.raises(StoreUnavailable):
        await store.write(Batch(store.term, new_epoch, [HUGE], received_ms=NOW))
    await write(store, "S-2")
    await store.write(Batch(store.term, new_epoch, received_ms=NOW))
    connection = connect_reader(path)
    epochs = "SELECT count(DISTINCT event.epoch) FROM event JOIN epoch ON epoch.number = event.epoch"
    assert connection.execute(epochs).get == 2
    connection.close()
    await store.close()


async def test_what_waits_when_the_store_closes_is_answered(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "e.db")
    await store.open()
    waiting = [asyncio.create_task(write(store, f"S-{number}")) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    outcomes = await asyncio.gather(*waiting)
    assert sum(outcome.stored for outcome in outcomes) == len(await specimens(tmp_path / "e.db")) == 20


# queries


async def test_holes_and_commands_can_be_asked_for(store: SqliteStore, tmp_path: Path) -> None:
    holes = [Hole("edge-1", EPOCH_A, 4, 9, "pruned"), Hole("edge-1", EPOCH_A, 12, 12, "poison")]
    done, late = answer(From(seq=5), "c-1", "done"), answer(From(seq=4), "c-1", "expired")
    await store.write(Batch(store.term, [done, late], holes=[*holes, holes[0]], received_ms=NOW))
    reader = SqliteReader(tmp_path / "e.db")
    await reader.open()
    assert [(hole["first"], hole["last"], hole["reason"]) for hole in await reader.holes()] == [
        (12, 12, "poison"),
        (4, 9, "pruned"),
    ]
    ended = await reader.command("c-1")
    assert ended is not None
    assert (ended["outcome"], ended["id"]) == ("done", done.event.id)
    assert await reader.command("c-2") is None
    await reader.close()


async def test_a_query_that_takes_too_long_is_ended(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr("storage.sqlite.reader.LONGEST_QUERY_SECONDS", 0.0)
    reader = SqliteReader(tmp_path / "e.db")
    await reader.open()
    with pytest.raises(StoreUnavailable, match=r"store\.slow"):
        await reader._read(lambda connection: connection.execute(endless).get)
    assert await reader.devices() == []
    await reader.close()


QUERIES = (
    ResultFilter(),
    ResultFilter(specimen="S-1"),
    ResultFilter(site="a"),
    ResultFilter(device="a"),
    ResultFilter(call="POS"),
    ResultFilter(from_ms=1, to_ms=2),
)


@pytest.mark.parametrize("wanted", QUERIES)
async def test_no_page_of_results_is_sorted(store: SqliteStore, tmp_path: Path, wanted: ResultFilter) -> None:
    from storage.cursors import encode
    from storage.sqlite.queries.results import _query

    connection = connect_reader(tmp_path / "e.db")
    for cursor in (None, encode("results", 1, 2)):
        sql, values = _query(wanted, cursor)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", {**values, "rows": 2}).fetchall()
        steps = "\n".join(str(row[3]) for row in plan)
        assert "TEMP B-TREE" not in steps
        assert " INDEX lab_result_" in steps
    connection.close()


async def test_retention_uses_its_index(store: SqliteStore, tmp_path: Path) -> None:
    from storage.sqlite.retention import _DELETE_EVENTS

    connection = connect_reader(tmp_path / "e.db")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {_DELETE_EVENTS}", (1, 1)).fetchall()
    assert "event_expiring" in "\n".join(str(row[3]) for row in plan)
    connection.close()


# which store


def test_the_default_is_sqlite_in_the_data_directory(tmp_path: Path) -> None:
    assert isinstance(open_store(None, tmp_path), SqliteStore)
    assert isinstance(open_reader(None, tmp_path), SqliteReader)


@pytest.mark.parametrize("url", ["mysql://someone:secret@db/epihub", "secret", "secret:"])
def test_another_store_is_refused_without_telling_secrets(url: str, tmp_path: Path) -> None:
    for make in (open_store, open_reader):
        with pytest.raises(ConfigError, match="SQLite") as refused:
            make(url, tmp_path)
        assert "someone" not in str(refused.value)
        assert url == "secret:" or "secret" not in str(refused.value)

"""Stores of every earlier version grow up to today's: same answers, one transaction a step, never down."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from hub.backup.place import Place
from hub.backup.verify import verify_store
from hub.errors import OperatorError
from storage.contract import Batch
from storage.sqlite.reader import SqliteReader
from storage.sqlite.schema import migrate, migrations, newest_version, version_of
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, lab
from tests.golden.content import answers, write_content
from tests.golden.dump import dump, load
from tests.golden.make import STORES, golden, store_dump

GOLDEN = golden(STORES)
ROOT = Path(__file__).parents[2]
# Migrates a file and is killed in the middle of a step: SQLite calls die() from inside its last statement.
KILLED = """
import os, signal, sys, apsw
from storage.sqlite.schema import migrate, migrations
path, version = sys.argv[1], int(sys.argv[2])
connection = apsw.Connection(path)
connection.pragma("journal_mode", "wal")
connection.create_scalar_function("die", lambda: os.kill(os.getpid(), signal.SIGKILL), 0)
steps = migrations()
steps[version - 1] = steps[version - 1]._replace(sql=steps[version - 1].sql + "; SELECT die();")
migrate(connection, steps)
"""


@pytest.fixture(params=sorted(GOLDEN))
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def place(tmp_path: Path, version: int) -> Place:
    """A data directory as an epihub of that version left it."""
    data = tmp_path / "data"
    data.mkdir()
    load(data / "store.db", GOLDEN[version])
    return Place(data, data / "spool" / "spool.db")


async def told(path: Path) -> dict[str, Any]:
    reader = SqliteReader(path)
    await reader.open()
    try:
        return await answers(reader)
    finally:
        await reader.close()


async def opened(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    await store.open()
    return store


async def test_there_is_a_golden_store_of_every_version() -> None:
    assert list(GOLDEN) == list(range(1, newest_version() + 1)), "python -m tests.golden.make"


async def test_todays_golden_store_is_what_this_epihub_writes(tmp_path: Path) -> None:
    """But for what is random: a change here means that a new version forgot its migration."""
    written = await store_dump(tmp_path)
    assert without_randomness(written) == without_randomness(GOLDEN[newest_version()])


async def test_an_earlier_store_answers_as_todays(place: Place, tmp_path: Path) -> None:
    store = await opened(place.data_dir / "store.db")
    await store.close()
    fresh = await opened(tmp_path / "fresh.db")
    await write_content(fresh)
    await fresh.close()
    assert await told(place.data_dir / "store.db") == await told(tmp_path / "fresh.db")


async def test_an_earlier_store_holds_and_goes_on(place: Place) -> None:
    path = place.data_dir / "store.db"
    store = await opened(path)
    assert version_of(apsw.Connection(str(path))) == newest_version()
    assert store.term == 2
    again = lab("S-1", From(seq=2), call="POS", ct=21.5)
    outcome = await store.write(Batch(store.term, [again, lab("S-new", From(seq=40))], received_ms=NOW))
    assert (outcome.stored, outcome.duplicates) == (1, 1)
    assert [found for found in verify_store(place) if not found.good] == []
    await store.close()


async def test_a_schema_that_grew_up_is_the_one_of_a_new_store(place: Place) -> None:
    await (await opened(place.data_dir / "store.db")).close()
    new = apsw.Connection(":memory:")
    migrate(new)
    assert schema(apsw.Connection(str(place.data_dir / "store.db"))) == schema(new)


@pytest.mark.parametrize("step", range(2, newest_version() + 1))
def test_a_migration_that_is_killed_changes_nothing(tmp_path: Path, step: int) -> None:
    path = tmp_path / "store.db"
    load(path, GOLDEN[step - 1])
    before = dump(apsw.Connection(str(path)))
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(step)], cwd=ROOT, check=False, timeout=50
    )
    assert ended.returncode == -signal.SIGKILL
    connection = apsw.Connection(str(path))
    assert version_of(connection) == step - 1
    assert dump(connection) == before
    assert connection.pragma("integrity_check") == "ok"
    migrate(connection)
    assert version_of(connection) == newest_version()


@pytest.mark.parametrize("known", range(1, newest_version()))
def test_an_older_epihub_refuses_and_leaves_it_alone(tmp_path: Path, known: int) -> None:
    path = tmp_path / "store.db"
    load(path, GOLDEN[newest_version()])
    before = path.read_bytes()
    with pytest.raises(OperatorError, match=f"this epihub knows {known}: .* restore a backup"):
        migrate(apsw.Connection(str(path)), migrations()[:known])
    assert path.read_bytes() == before


def schema(connection: apsw.Connection) -> list[Any]:
    """What matters of a schema: tables with their columns and options, indexes with theirs."""
    tables = connection.execute(
        "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name"
    )
    found: list[Any] = []
    for table, without_rowid, strict in tables.fetchall():
        columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
        found.append((table, without_rowid, strict, sorted(column[1:] for column in columns)))
    return (
        found
        + connection.execute(
            "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' ORDER BY name"
        ).fetchall()
    )


_RANDOM: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"(INSERT INTO store VALUES \(1, )'[0-9a-f]{16}'", lambda found: f"{found[1]}'id'"),
)


def without_randomness(sql: str) -> str:
    for pattern, instead in _RANDOM:
        sql = re.sub(pattern, instead, sql)
    return sql

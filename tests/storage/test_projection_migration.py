"""Migration 14 finds in an older store what must be looked at again: what live writing marks, no less."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from storage.sqlite.schema import migrate, migrations, newest_version
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, NOW, From, reading
from tests.conformance.store_use import maintained, write

# As schema 13 left it, with what it did not have taken out.
BACK = """
DROP TABLE projection;
DROP TABLE projection_rejected;
DROP TABLE reading_contested;
DROP INDEX gate_decision_former;
DROP INDEX gate_passage_former;
DROP INDEX lab_result_former;
PRAGMA user_version = 13;
"""
_MARKS = (
    "SELECT ts, device, metric, number FROM reading_contested JOIN series USING (series) ORDER BY 1, 2, 3"
)


@pytest.mark.parametrize("packed", [False, True])
async def test_an_older_store_is_marked_as_live_writing_would(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "store.db"
    await fill(path, packed)
    marked = marks(path)
    assert [ts - NOW for ts, *_ in marked] == [0, 2, 3]
    step_again(path)
    if packed:  # the number of a packed reading is in its chunk: the other claim's stands for both
        assert [mark[:3] for mark in marks(path)] == [mark[:3] for mark in marked]
    else:
        assert marks(path) == marked


async def test_a_reading_that_was_withdrawn_before_it_came_gets_its_series(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await fill(path, packed=False)
    step_again(path, "DELETE FROM series WHERE device = 'fridge-09'")  # as schema 13 did not make it
    assert [mark[1] for mark in marks(path)] == ["fridge-01", "fridge-01", "fridge-09"]


async def fill(path: Path, packed: bool) -> None:
    """A conflict, a reading withdrawn by one of another time and metric, one withdrawn before it came."""
    store = SqliteStore(path)
    await store.open()
    wrong = reading(7.0, ts=NOW + 2)
    late = reading(8.0, From("fridge-09", "kho-vac-xin"), ts=NOW + 3)
    await write(store, reading(5.0), reading(9.0), reading(6.0, ts=NOW + 1), wrong)
    await write(store, reading(40.0, metric="humidity", ts=NOW - 9, supersedes=wrong.event.id))
    await write(store, reading(4.0, ts=NOW - 7, supersedes=late.event.id))
    await write(store, late)
    if packed:
        await maintained(store, NOW + 2 * DAY)
    await store.close()


def step_again(path: Path, also: str = "") -> None:
    """From schema 13 to 14, whatever came after it."""
    connection = apsw.Connection(str(path))
    connection.execute(f"{also};{BACK}")
    migrate(connection, migrations()[:14])
    connection.pragma("user_version", newest_version())
    connection.close()


def marks(path: Path) -> list[Any]:
    return apsw.Connection(str(path)).execute(_MARKS).fetchall()

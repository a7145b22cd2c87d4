"""epihub verify looks at destinations: every wanted event is taken, dropped, or has a row."""

from pathlib import Path

import apsw
import pytest

from storage.destinations import DestinationChange, OutboxRow
from storage.sqlite.checks.destinations import DESTINATIONS, check
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import lab
from tests.conformance.store_use import write

WAITING = OutboxRow(2, "id", "lab.result.v1", "0" * 32, "waiting")


@pytest.fixture
async def file(tmp_path: Path) -> apsw.Connection:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await write(store, lab("S-1"), lab("S-2"), lab("S-3"))
    await store.settle_destination(DestinationChange("lis", 0, 3, put=[WAITING], wanted=3, taken=2))
    await store.close()
    return apsw.Connection(str(tmp_path / "store.db"))


async def test_a_store_of_destinations_holds(file: apsw.Connection) -> None:
    assert [(found.good, found.detail) for found in check(file)] == [(True, "1")]


@pytest.mark.parametrize(
    "touched",
    [
        "UPDATE destination SET number = 4",
        "UPDATE destination SET number = 1",
        "UPDATE destination SET taken = 3",
        "UPDATE destination SET name = 'b'",
        "DELETE FROM outbox",
    ],
)
async def test_what_does_not_add_up_is_told(file: apsw.Connection, touched: str) -> None:
    file.execute(touched)
    (found,) = check(file)
    assert (found.good, found.what) == (False, DESTINATIONS)

"""Placements of lots are a chain of which the ledger tells: ``epihub verify`` names what was touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from hub.alarms.incidents.rows import entry_from
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.lot_desk import LotDesk
from storage.contract import Batch
from storage.sqlite.checks import alarms, lots
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, status
from tests.conformance.store_use import write

NURSE = "3fb1c2aa"
FRIDGE = From("tu-lanh-01", "kho-vac-xin")
DAY_MS = 86_400_000
ADDED = """
INSERT INTO lot_placement
SELECT 4, 'L', product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms
FROM lot_placement WHERE number = 1
"""


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """Three rows: put in, moved into a unit that nobody heard of, taken out."""
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    await write(store, status(FRIDGE, "ONLINE", profile="fridge", kind="cold_mqtt"))
    await told(store, path, ledger=True)
    yield path
    await store.close()


async def told(store: SqliteStore, path: Path, *, ledger: bool, lot: str = "FD9234") -> None:
    kept = AlarmLedger(store, lambda: SqliteReader(path), lambda _: None, lambda: NOW) if ledger else None
    desk = LotDesk(store, lambda: SqliteReader(path), lambda: NOW, kept)
    for asked in (
        {"unit": "tu-lanh-01", "product": "comirnaty", "expiry": "2027-01-31", "from_ms": NOW - DAY_MS},
        {"unit": "tu-lanh-99", "from_ms": NOW - 5},
        {"reason": "used"},
    ):
        answer = await desk.place(lot, NURSE, **asked)
        assert answer["outcome"] == "done", answer


def wrong(path: Path) -> list[str]:
    connection = apsw.Connection(str(path))
    try:
        return [
            f"{found.what}: {found.detail}"
            for check in (alarms.check, lots.check)
            for found in check(connection)
            if not found.good
        ]
    finally:
        connection.close()


def change(path: Path, *statements: str) -> None:
    with apsw.Connection(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_each_row_is_an_entry_of_its_unit(path: Path) -> None:
    assert wrong(path) == []
    reader = SqliteReader(path)
    await reader.open()
    entries = [entry_from(row) for row in await reader.incident_entries(0, limit=10)]
    await reader.close()
    assert [(entry.kind.value, entry.site, entry.device, entry.actor) for entry in entries] == [
        ("PLACED", "kho-vac-xin", "tu-lanh-01", NURSE),
        ("PLACED", "hub", "tu-lanh-99", NURSE),
        ("PLACED", "hub", "tu-lanh-99", NURSE),
    ]
    assert [entry.detail["placement"] for entry in entries] == [1, 2, 3]


@pytest.mark.parametrize(
    ("statements", "row"),
    [
        (("UPDATE lot_placement SET doses = 7 WHERE number = 2",), 2),
        (("UPDATE lot_placement SET actor = 'x' WHERE number = 3",), 3),
        (("DELETE FROM lot_placement WHERE number = 3",), 3),
        (("DELETE FROM lot_placement WHERE number = 1",), 1),
        ((ADDED,), 4),
        (("DELETE FROM lot_placement",), 1),
    ],
)
async def test_the_first_row_that_was_touched_is_named(
    path: Path, statements: tuple[str, ...], row: int
) -> None:
    change(path, *statements)
    assert wrong(path) == [f"{lots.WHAT}: row {row} or one before it is not what was told, or is missing"]


async def test_a_chain_that_was_made_anew_does_not_fit_the_ledger(path: Path) -> None:
    change(path, "DELETE FROM lot_placement", "DELETE FROM incident_entry WHERE number = 3")
    assert [found for found in wrong(path) if found.startswith(alarms.LEDGER)]


async def test_rows_from_before_are_proved_by_the_first_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    await told(store, path, ledger=False)
    assert wrong(path) == []
    await told(store, path, ledger=True, lot="GH1")
    assert wrong(path) == []
    change(path, "UPDATE lot_placement SET lot = 'FD9235' WHERE number = 1")
    assert wrong(path) == [f"{lots.WHAT}: row 4 or one before it is not what was told, or is missing"]
    await store.write(Batch(store.term, received_ms=NOW))
    await store.close()

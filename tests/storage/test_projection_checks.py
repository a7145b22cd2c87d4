"""epihub verify looks at projections: none is ahead of the log, what was contested is marked."""

from pathlib import Path

import apsw
import pytest

from storage.projections import ProjectionChange, Rejected
from storage.sqlite.checks.projections import CONTESTED, PROJECTIONS, check
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, NOW, reading
from tests.conformance.store_use import maintained, write


@pytest.fixture
async def file(tmp_path: Path) -> apsw.Connection:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    wrong = reading(7.0, ts=NOW + 2)
    await write(store, reading(5.0), reading(9.0), wrong)
    await write(store, reading(6.0, ts=NOW + 1, supersedes=wrong.event.id))
    old = reading(1.0, ts=NOW - 400 * DAY)
    await write(store, old, reading(2.0, ts=NOW - 400 * DAY), reading(3.0, supersedes=old.event.id))
    await maintained(store, NOW)
    lines = [Rejected(3, NOW, "400", "a b=1")]
    await store.settle_projection(ProjectionChange("grafana", 4, rejected=lines))
    await store.close()
    return apsw.Connection(str(tmp_path / "store.db"))


def wrong(file: apsw.Connection) -> dict[str, str]:
    return {found.what: found.detail for found in check(file) if not found.good}


async def test_a_store_of_projections_holds(file: apsw.Connection) -> None:
    assert wrong(file) == {}
    assert {found.what: found.detail for found in check(file)} == {PROJECTIONS: "1", CONTESTED: "2"}


@pytest.mark.parametrize(
    ("touched", "told"),
    [
        ("UPDATE projection SET number = 8", {PROJECTIONS: "1: grafana"}),
        ("UPDATE projection SET rejected = 0", {PROJECTIONS: "1: grafana"}),
        ("UPDATE projection SET name = 'b'", {PROJECTIONS: "1: grafana"}),
        (f"DELETE FROM reading_contested WHERE ts = {NOW}", {CONTESTED: "2: log number 1, log number 7"}),
        (f"DELETE FROM reading_contested WHERE ts = {NOW + 2}", {CONTESTED: "1: log number 3"}),
        (f"UPDATE reading_contested SET number = 8 WHERE ts = {NOW}", {CONTESTED: f"1: at {NOW}"}),
        (f"UPDATE reading_contested SET series = 9, ts = 5 WHERE ts = {NOW + 2}",
         {CONTESTED: "2: log number 3, at 5"}),
    ],
)  # fmt: skip
async def test_what_was_touched_is_found(file: apsw.Connection, touched: str, told: dict[str, str]) -> None:
    file.execute(touched)
    assert wrong(file) == told

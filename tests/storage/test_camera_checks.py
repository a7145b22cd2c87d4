"""epihub verify looks at cameras: what the log tells of them stands in the tables."""

from pathlib import Path

import apsw
import pytest

from storage.sqlite.checks.cameras import LATEST, PERIODS, check
from storage.sqlite.store import SqliteStore
from tests.conformance.camera_arrivals import CAMERA, HOUR, MINUTE, told
from tests.conformance.store_arrivals import NOW, lab
from tests.conformance.store_use import write


@pytest.fixture
async def file(tmp_path: Path) -> apsw.Connection:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    later = told("DEGRADED", NOW + HOUR, NOW + 2 * HOUR, 4, reason="blur", faults=("blur",))
    first = told("ONLINE", NOW, NOW + MINUTE, 1)
    old = told("OFFLINE", NOW - 400 * 24 * HOUR, NOW - 399 * 24 * HOUR, 2)
    await write(store, later, told("ONLINE", NOW, NOW + HOUR, 3), first, first, lab(), old)
    await store.close()
    return apsw.Connection(str(tmp_path / "store.db"))


def wrong(file: apsw.Connection) -> dict[str, str]:
    return {found.what: found.detail for found in check(file) if not found.good}


async def test_a_store_of_cameras_holds(file: apsw.Connection) -> None:
    assert wrong(file) == {}
    assert {found.what: found.detail for found in check(file)} == {PERIODS: "3", LATEST: "1"}
    file.execute("DELETE FROM camera_period WHERE from_ms < ?", (NOW - HOUR,))
    assert wrong(file) == {}, "its time may be over"


@pytest.mark.parametrize(
    ("touched", "told"),
    [
        ("DELETE FROM camera_period WHERE state = 'ONLINE'", {PERIODS: "2: log number 2, log number 3"}),
        ("UPDATE camera_period SET to_ms = to_ms - 1 WHERE state = 'ONLINE'", {PERIODS: "1: log number 2"}),
        ("UPDATE camera_period SET told_ms = to_ms WHERE state = 'ONLINE'", {PERIODS: "1: log number 3"}),
        ("UPDATE camera_period SET faults = 0", {PERIODS: "1: log number 1"}),
        ("UPDATE camera_period SET from_ms = to_ms + 1 WHERE state = 'OFFLINE'",
         {PERIODS: f"1: {CAMERA} {NOW - 399 * 24 * HOUR + 1}"}),
        ("UPDATE camera SET seq = 3", {LATEST: f"2: log number 1, edge-1 {CAMERA}"}),
        ("UPDATE camera SET body = '{}'", {LATEST: f"1: edge-1 {CAMERA}"}),
        ("UPDATE camera SET time_ms = 0", {LATEST: f"1: edge-1 {CAMERA}"}),
    ],
)  # fmt: skip
async def test_what_was_touched_is_found(file: apsw.Connection, touched: str, told: dict[str, str]) -> None:
    file.execute(touched.replace("'{}'", "CAST('{}' AS BLOB)"))
    assert wrong(file) == told

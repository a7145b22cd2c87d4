"""epihub verify looks at what was reported: every version is there, and the right one stands."""

from pathlib import Path

import apsw
import pytest

from storage.sqlite.checks.reporting import REVISIONS, STANDING, VERSIONS, check
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_reporting import daily, declared, told
from tests.conformance.store_use import write


@pytest.fixture
async def file(tmp_path: Path) -> apsw.Connection:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await write(store, declared(entered="2021-08-01T08:00:00Z"), declared(district="732"))
    await write(store, declared(district="734", entered="2021-08-01T07:00:00Z"), daily("kc-1", "2021-08-01"))
    await store.revise_report(told(up_to=3))
    await store.revise_report(told(up_to=4, sha256="cd" * 32, at_ms=NOW + 1))
    await store.close()
    return apsw.Connection(str(tmp_path / "store.db"))


def wrong(file: apsw.Connection) -> dict[str, str]:
    return {found.what: found.detail for found in check(file) if not found.good}


async def test_a_store_of_reports_holds(file: apsw.Connection) -> None:
    assert wrong(file) == {}
    found = {each.what: each.detail for each in check(file)}
    assert found == {VERSIONS: "4", STANDING: "2", REVISIONS: "2"}


@pytest.mark.parametrize(
    ("touched", "told"),
    [
        ("UPDATE fact_version SET day = day + 1 WHERE number = 3", {VERSIONS: "1: log number 3"}),
        ("UPDATE fact_version SET data = '{}' WHERE number = 4", {VERSIONS: "1: log number 4"}),
        ("UPDATE fact_version SET until = 4 WHERE number = 2", {STANDING: "1: log number 1"}),
        ("UPDATE fact SET number = 1 WHERE subject = 'NC-1'", {STANDING: "1: log number 1"}),
        ("UPDATE fact SET versions = 2 WHERE subject = 'NC-1'", {STANDING: "1: log number 1"}),
        ("DELETE FROM fact WHERE subject = 'NC-1'", {STANDING: "1: log number 1"}),
        ("DELETE FROM fact_version WHERE number = 4",
         {VERSIONS: "1: log number 4", STANDING: "1: a fact without versions"}),
        ("DELETE FROM event WHERE number = 4", {VERSIONS: "1: 4 without an event"}),
        ("DELETE FROM report_revision WHERE revision = 1", {REVISIONS: "1: declarations"}),
        ("UPDATE report_revision SET up_to = 5 WHERE revision = 2", {REVISIONS: "1: declarations"}),
    ],
)  # fmt: skip
async def test_what_was_changed_by_hand_is_found(
    file: apsw.Connection, touched: str, told: dict[str, str]
) -> None:
    file.execute(touched.replace("'{}'", "x'7b7d'"))
    assert wrong(file) == told

"""Facts whose day depends on the zone are placed anew when the store's zone changes."""

from pathlib import Path

from hub.reported import Assessment
from storage.reporting import FactFilter
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_reporting import ALL, FIRST, declared, districts, reported
from tests.conformance.store_use import write


async def test_days_follow_the_zone_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    late = Assessment(workplace="cty-1", district="731", level="low", submitted="2021-08-01T20:00:00Z")
    sent, days = (reported(late, "cty-1"), declared()), []
    for zone in (None, "UTC", "Asia/Ho_Chi_Minh"):
        store, reader = SqliteStore(path, timezone=zone), SqliteReader(path)
        await store.open()
        await write(store, *sent)
        await reader.open()
        days += [(fact.day, fact.versions) for fact in await reader.facts(FactFilter(Assessment.TYPE, ALL))]
        assert await districts(reader) == [("NC-1", "731", 1)]
        await reader.close()
        await store.close()
    assert days == [(FIRST + 1, 1), (FIRST, 1), (FIRST + 1, 1)]

"""A backup carries incidents and lots from any database into any: the ledger proves itself and goes on."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.alarms.incidents.actions import Acknowledge, TakeOut
from hub.backup.place import Place
from hub.backup.verify import verify_alarms
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import EventStore, StoreReader
from storage.open import open_reader, open_store
from tests.alarms.incidents.made import FRIDGE, MINUTE, SITE, episode, finding
from tests.conformance.store_lots import enter, placement
from tests.postgres.test_backup import MakePlace, places, put_back, taken  # noqa: F401  the fixture

pytestmark = pytest.mark.slow  # a server

NURSE = "3fb1c2aa"


@dataclass
class Opened:
    """A store with its ledger."""

    place: Place
    store: EventStore
    ledger: AlarmLedger

    @classmethod
    async def at(cls, place: Place) -> "Opened":
        store = open_store(place.store_url, place.data_dir, password=place.password)
        await store.open()
        ledger = AlarmLedger(store, lambda: reader_of(place), lambda _: None, lambda: 180 * MINUTE)
        return cls(place, store, ledger)


def reader_of(place: Place) -> StoreReader:
    return open_reader(place.store_url, place.data_dir, password=place.password)


async def proved(place: Place) -> list[str]:
    """What ``epihub verify alarms`` says of it."""
    reader = reader_of(place)
    await reader.open()
    try:
        found = await verify_alarms(reader)
    finally:
        await reader.close()
    assert all(each.good for each in found), found
    return [each.detail for each in found]


async def told_of_lot(place: Place) -> list[tuple[int, int | None, int, int | None]]:
    reader = reader_of(place)
    await reader.open()
    try:
        rows = await reader.placements(["FD9234"])
    finally:
        await reader.close()
    return [(row.number, row.doses, row.corrects, row.thawed_ms) for row in rows]


@pytest.mark.parametrize("target", ["postgresql", "sqlite"])
@pytest.mark.parametrize("source", ["postgresql", "sqlite"])
async def test_the_ledger_goes_from_any_database_into_any(
    places: MakePlace,  # noqa: F811
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old = await Opened.at(await places(source))
    found = finding(episode(0, 100), episode(120))
    (first, second) = await old.ledger.enter(lambda book: book.assess([found], 180 * MINUTE))
    await old.ledger.act(first.incident, Acknowledge(NURSE, "đã xem"))
    await old.ledger.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"))
    await old.store.mark_announced(3)
    await enter(old.store, placement(), placement(unit="", doses=None, corrects=1, reason="mistake"))
    await old.store.close()
    backup = await taken(old.place, tmp_path)
    await put_back(backup.path, empty := await places(target))
    assert await proved(empty) == await proved(old.place)
    new = await Opened.at(empty)
    assert await new.store.announced() == 3
    await enter(new.store, placement(thawed_ms=7))
    assert await told_of_lot(empty) == [(1, 1170, 0, None), (2, None, 1, None), (3, 1170, 0, 7)]
    (acked,) = await new.ledger.act(second.incident, Acknowledge(NURSE))
    assert acked.number == 6
    await new.store.close()
    assert (await proved(empty))[0].startswith("6 entries")

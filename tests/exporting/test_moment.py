"""One moment of a store: what is written meanwhile is not in it, and nothing can be written through it."""

import pytest

from hub.backup.place import Place
from hub.errors import StoreUnavailable
from storage.exporting.export import moment_of, zone_of
from storage.exporting.moment import Moment, rows_of
from storage.open import open_store
from tests.conformance.store_arrivals import From, lab
from tests.conformance.store_use import write
from tests.exporting.conftest import Filled

COUNT = "SELECT count(*) FROM event"


async def test_what_comes_meanwhile_is_not_in_it(place: Place) -> None:
    store = open_store(place.store_url, place.data_dir, password=place.password, timezone="Asia/Tokyo")
    await store.open()
    try:
        await write(store, lab("S-1"))
        async with moment_of(place.store_url, place.data_dir, place.password) as moment:
            assert await moment.one(COUNT) == 1
            await write(store, lab("S-2", From(seq=2)))  # the writer does not wait for it
            assert await moment.one(COUNT) == 1
            assert (await zone_of(moment)).key == "Asia/Tokyo"
        async with moment_of(place.store_url, place.data_dir, place.password) as moment:
            assert await moment.one(COUNT) == 2
    finally:
        await store.close()


async def _delete(moment: Moment) -> None:
    await rows_of(moment, "DELETE FROM event RETURNING number")


async def test_it_cannot_write(filled: Filled) -> None:
    place = filled.place
    with pytest.raises(StoreUnavailable, match=r"store\.(readonly|sqlstate_25006)"):
        async with moment_of(place.store_url, place.data_dir, place.password) as moment:
            await _delete(moment)


async def test_blocks_have_no_more_rows_than_asked_for(filled: Filled) -> None:
    blocks = [block async for block in filled.moment.blocks("SELECT number FROM event", rows=4)]
    assert {len(block) for block in blocks[:-1]} == {4}
    assert sum(map(len, blocks)) == await filled.moment.one(COUNT)
    assert await filled.moment.one("SELECT number FROM event WHERE number = $1", (-1,)) is None


async def test_a_store_that_nobody_made_is_told(place: Place) -> None:
    with pytest.raises(StoreUnavailable, match=r"store\.absent"):
        async with moment_of(place.store_url, place.data_dir, place.password):
            pass

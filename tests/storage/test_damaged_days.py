"""A damaged chunk stops what needs it and nothing else: a projector goes on beside it."""

from pathlib import Path

import apsw
import pytest

from hub.errors import StoreUnavailable
from storage.influx.days import pages_of_day
from storage.projections import Standing
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, NOW, From, reading
from tests.conformance.store_use import maintained, write

OLD = NOW - NOW % DAY - 2 * DAY
FIRST, SECOND = From("f-1", "kho"), From("f-2", "kho")


async def test_others_are_told_beside_a_damaged_chunk(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store, reader = SqliteStore(path), SqliteReader(path)
    await store.open()
    await reader.open()
    try:
        for origin in (FIRST, SECOND):
            await write(store, *(reading(5.0, origin, ts=OLD + n) for n in range(5)))
            await write(store, reading(9.0, origin, ts=OLD + 2), reading(5.0, origin, ts=NOW))
        await maintained(store, NOW)
        damaged, sound = [each.series for each in await reader.series()]
        apsw.Connection(str(path)).execute("UPDATE reading_chunk SET data = x'00' WHERE series = 1")
        day = OLD // DAY
        with pytest.raises(StoreUnavailable, match="damaged_chunk"):
            await reader.day_of_readings(day, [damaged, sound])
        empty, whole = await reader.day_of_readings(day, [damaged, sound], skip_damaged=True)
        assert (empty.series, len(empty.ts), whole.series, len(whole.ts)) == (damaged, 0, sound, 5)
        standing = await reader.contested([(damaged, OLD + 2), (sound, OLD + 2)])
        assert standing == [Standing(sound, OLD + 2, 9.0, 0)]
        pages = pages_of_day(reader, day, [damaged, sound], lambda series: f"m,s={series}", skip_damaged=True)
        assert [len(page.lines) async for page in pages] == [5]
    finally:
        await reader.close()
        await store.close()

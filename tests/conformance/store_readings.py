"""What every store must do with readings."""

from itertools import permutations
from typing import Any

from storage.contract import (
    EventStore,
    ReadingFilter,
    StoreReader,
)
from tests.conformance.store_arrivals import (
    CLAIMS,
    NOW,
    From,
    reading,
)
from tests.conformance.store_use import all_pages, write


class ReadingsContract:
    """Parts of StoreContract."""

    # readings

    async def test_a_reading_as_the_api_gives_it(self, store: EventStore, reader: StoreReader) -> None:
        one = reading(41.0, sequence=7)
        await write(store, one)
        (row,) = (await reader.readings(ReadingFilter("fridge-01"), limit=10, cursor=None)).items
        assert row == {
            "id": one.event.id,
            "type": "coldchain.reading.v1",
            "site": "kho-vac-xin",
            "device": "fridge-01",
            "time": "2026-11-22T13:45:00.000Z",
            "received": "2026-11-22T13:45:01.500Z",
            "edge": "edge-1",
            "metric": "temp.fridge",
            "value": 41.0,
            "unit": "Cel",
            "raw_value": None,
            "raw_unit": None,
            "quality": "GOOD",
            "reason": None,
            "sequence": 7,
        }
        assert await reader.latest_readings() == [row]

    async def test_the_value_of_an_instant_ignores_arrival(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for number, order in enumerate(permutations(CLAIMS)):
            origin = From(f"fridge-{number}", "kho-vac-xin")
            for value, quality in order:
                assert (await write(store, reading(value, origin, quality=quality))).stored == 1
            (row,) = (await reader.readings(ReadingFilter(origin.device), limit=10, cursor=None)).items
            assert (row["value"], row["quality"]) == (2.0, "GOOD"), order
        assert len(await reader.latest_readings()) == 24
        assert (await reader.figures()).readings == 24

    async def test_late_data_never_replace_the_latest(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0, ts=NOW), reading(7.0, ts=NOW - 60_000))
        await write(store, reading(8.0, ts=NOW - 30_000), reading(30.0, metric="humidity", unit="%"))
        latest = {row["metric"]: row["value"] for row in await reader.latest_readings()}
        assert latest == {"temp.fridge": 5.0, "humidity": 30.0}
        rows = (await reader.readings(ReadingFilter("fridge-01", "temp.fridge"), limit=10, cursor=None)).items
        assert [row["value"] for row in rows] == [7.0, 8.0, 5.0]

    async def test_a_moved_device_is_shown_where_it_stands(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, reading(5.0, From("fridge-01", "kho-a")))
        await write(store, reading(6.0, From("fridge-01", "kho-b"), ts=NOW + 1000))
        assert [row["site"] for row in await reader.latest_readings()] == ["kho-b"]
        rows = (await reader.readings(ReadingFilter("fridge-01"), limit=10, cursor=None)).items
        assert [row["site"] for row in rows] == ["kho-a", "kho-b"]

    async def test_readings_are_paged_oldest_first(self, store: EventStore, reader: StoreReader) -> None:
        await write(
            store,
            *(reading(n, ts=NOW + n // 2 * 1000, metric=f"temp.{n % 2}") for n in range(20)),
            *(reading(n, From("fridge-02"), ts=NOW + n) for n in range(20)),
        )

        async def ask(cursor: str | None) -> Any:
            wanted = ReadingFilter("fridge-01", from_ms=NOW + 1000, to_ms=NOW + 9000)
            return await reader.readings(wanted, limit=3, cursor=cursor)

        assert [row["value"] for row in await all_pages(ask)] == list(range(2, 18))

    async def test_steps_have_least_greatest_mean_and_count(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        start = NOW - NOW % 60_000
        values = [4.0, 5.0, 9.0, -1.0, 3.0, 3.0]
        times = [0, 20_000, 59_999, 60_000, 600_000, 601_000]
        await write(
            store,
            *(reading(value, ts=start + time) for value, time in zip(values, times, strict=True)),
            reading(None, ts=start + 30_000, quality="BAD"),
            reading(85.0, ts=start + 31_000, quality="BAD"),
        )

        async def ask(cursor: str | None, **wanted: Any) -> Any:
            return await reader.readings(
                ReadingFilter("fridge-01", step_ms=60_000, **wanted), limit=1, cursor=cursor
            )

        rows = await all_pages(ask)
        assert [(row["min"], row["max"], row["mean"], row["count"]) for row in rows] == [
            (4.0, 9.0, 6.0, 3),
            (-1.0, -1.0, -1.0, 1),
            (3.0, 3.0, 3.0, 2),
        ]
        assert rows[1]["time"] == "2026-11-22T13:46:00.000Z"

        async def narrow(cursor: str | None) -> Any:
            return await ask(cursor, from_ms=start + 20_000, to_ms=start + 601_000)

        assert [(row["min"], row["count"]) for row in await all_pages(narrow)] == [
            (5.0, 2),
            (-1.0, 1),
            (3.0, 1),
        ]

    async def test_a_superseding_reading_replaces_its_own(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for number, order in enumerate(permutations(range(2))):
            origin = From(f"fridge-{number}", "kho-vac-xin")
            fahrenheit = reading(41.0, origin, ts=NOW + 9000)
            celsius = reading(5.0, origin, supersedes=fahrenheit.event.id)
            for index in order:
                await write(store, (fahrenheit, celsius)[index])
            rows = (await reader.readings(ReadingFilter(origin.device), limit=10, cursor=None)).items
            assert [row["value"] for row in rows] == [5.0], order
        assert [row["value"] for row in await reader.latest_readings()] == [5.0, 5.0]
        assert (await reader.figures()).readings == 2

    async def test_a_retracted_value_gives_way_to_the_next_best(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        worst, other = reading(40.0), reading(7.0)
        await write(store, worst, other, reading(6.0))
        await write(store, reading(5.0, ts=NOW + 1, supersedes=worst.event.id))
        rows = (await reader.readings(ReadingFilter("fridge-01"), limit=10, cursor=None)).items
        assert [(row["value"], row["id"] == other.event.id) for row in rows] == [(7.0, True), (5.0, False)]

    async def test_another_edge_cannot_take_a_reading_away(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for number, order in enumerate(permutations(range(2))):
            mine = reading(8.0, From(f"fridge-{number}", "kho-vac-xin"))
            theirs = reading(5.0, From(f"other-{number}", edge="edge-2"), supersedes=mine.event.id)
            for index in order:
                await write(store, (mine, theirs)[index])
            rows = (await reader.readings(ReadingFilter(f"fridge-{number}"), limit=10, cursor=None)).items
            assert [row["value"] for row in rows] == [8.0], order

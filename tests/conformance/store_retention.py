"""What every store must do with what it no longer keeps: delete it by class, and prove it."""

from typing import Any

import pytest

from hub.events import parse_time
from storage.contract import CursorGone, EventStore, ReadingFilter, Row, StoreReader
from storage.retention import Deletion, first_broken
from tests.conformance.camera_arrivals import told
from tests.conformance.store_arrivals import DAY, NOW, lab, reading
from tests.conformance.store_use import MakeStore, all_pages, maintained, write

HOUR = 3600 * 1000
QUARTER = 15 * 60 * 1000  # NOW is a quarter before an hour
FRIDGE = ReadingFilter("fridge-01")


async def ledger(reader: StoreReader) -> list[Row]:
    async def ask(cursor: str | None) -> Any:
        return await reader.deletions(limit=2, cursor=cursor)

    return list(reversed(await all_pages(ask)))


def chain(rows: list[Row]) -> list[tuple[Deletion, bytes]]:
    """The entries as ``first_broken`` takes them."""
    return [
        (
            Deletion(
                row["class"],
                parse_time(row["from"]),
                parse_time(row["to"]),
                row["rows"],
                parse_time(row["at"]),
            ),
            bytes.fromhex(row["digest"]),
        )
        for row in rows
    ]


class RetentionContract:
    """Parts of StoreContract."""

    async def test_the_log_lets_readings_go_after_seven_days(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        old, result, fresh = reading(5.0), lab(), reading(6.0, ts=NOW + 1)
        camera = told("ONLINE", NOW, NOW)
        await write(store, result, old, camera)
        await write(store, fresh, received_ms=NOW + DAY)
        await maintained(store, NOW + 7 * DAY)
        assert len(await reader.events(0, limit=10)) == 4
        await maintained(store, NOW + 7 * DAY + QUARTER)
        with pytest.raises(CursorGone) as gone:
            await reader.events(0, limit=10)
        assert gone.value.first == 4
        assert [event.body for event in await reader.events(gone.value.first - 1, limit=10)] == [fresh.body]
        rows = (await reader.readings(FRIDGE, limit=10, cursor=None)).items
        assert [(row["value"], row["id"]) for row in rows] == [(5.0, None), (6.0, fresh.event.id)]
        assert await reader.result(result.event.id) is not None
        assert (await reader.figures()).events == 2

    async def test_a_reading_that_left_the_log_is_still_known(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        chosen, conflict, empty = reading(9.0), reading(6.0), reading(None, ts=NOW + 1, quality="BAD")
        await write(store, chosen, conflict, empty)
        await maintained(store, NOW + 8 * DAY)
        await store.close()
        again = make_store()
        await again.open()
        other_value, other_time = reading(3.0), reading(9.0, ts=NOW + 2)
        outcome = await write(
            again, chosen, conflict, empty, other_value, other_time, received_ms=NOW + 8 * DAY
        )
        await again.close()
        assert (outcome.stored, outcome.duplicates) == (2, 3)
        assert (await reader.figures()).readings == 3

    async def test_retention_ends_when_nothing_is_left(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, *(reading(n, ts=NOW + n) for n in range(1500)))
        await maintained(store, NOW + 8 * DAY)
        assert (await reader.figures()).events == 0
        assert (await reader.figures()).last_number == 1500
        outcome = await write(store, lab(), received_ms=NOW + 8 * DAY)
        assert outcome.last_number > 1500

    async def test_tables_keep_readings_thirteen_months(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(9.0), reading(6.0), reading(7.0, ts=NOW + DAY))
        await maintained(store, NOW + 3 * DAY)
        await maintained(store, NOW + 396 * DAY)
        assert (await reader.figures()).readings == 2
        await maintained(store, NOW + 397 * DAY)
        rows = (await reader.readings(FRIDGE, limit=10, cursor=None)).items
        assert [row["value"] for row in rows] == [7.0]
        assert (await reader.figures()).readings == 1

    async def test_chunks_go_by_day_and_their_hours_stay(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, *(reading(float(n), ts=NOW + n * HOUR) for n in range(72)))
        hourly = ReadingFilter("fridge-01", step_ms=HOUR)
        before = (await reader.readings(hourly, limit=100, cursor=None)).items
        await maintained(store, NOW + 5 * DAY)
        await maintained(store, NOW + 398 * DAY)
        left = (await reader.readings(FRIDGE, limit=100, cursor=None)).items
        # NOW is 13:45: what is left begins on the day after next, at 00:45.
        assert [row["value"] for row in left] == [float(n) for n in range(35, 72)]
        assert (await reader.figures()).readings == 37
        assert (await reader.readings(hourly, limit=100, cursor=None)).items == before
        await maintained(store, NOW + 3655 * DAY)
        kept = (await reader.readings(hourly, limit=100, cursor=None)).items
        assert [row["mean"] for row in kept] == [float(n) for n in range(35, 72)]

    async def test_every_deletion_is_in_the_ledger(self, store: EventStore, reader: StoreReader) -> None:
        await write(
            store, *(reading(float(n % 7), ts=NOW + n * HOUR) for n in range(30)), reading(6.5), lab()
        )
        await maintained(store, NOW + 4 * DAY)
        assert await ledger(reader) == []
        for days in (8, 9, 398, 3656):
            await maintained(store, NOW + days * DAY)
        rows = await ledger(reader)
        assert [(row["class"], row["rows"]) for row in rows] == [
            ("log", 31),
            ("readings", 31),
            ("hours", 30),
        ]
        assert [row["from"] for row in rows] == [
            "2026-11-22T13:45:00.000Z",
            "2026-11-22T13:45:00.000Z",
            "2026-11-22T13:00:00.000Z",
        ]
        assert rows[0]["to"] == "2026-11-23T13:00:00.000Z"
        assert first_broken(chain(rows)) is None
        forged = [{**row, "rows": row["rows"] - 1} if row["class"] == "readings" else row for row in rows]
        assert first_broken(chain(forged)) == 1

    async def test_the_ledger_goes_on_after_a_restart(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        for day in range(3):
            await write(store, reading(5.0, ts=NOW + day), received_ms=NOW + day * DAY)
        await maintained(store, NOW + 8 * DAY)
        await store.close()
        again = make_store()
        await again.open()
        await maintained(again, NOW + 9 * DAY)
        await maintained(again, NOW + 9 * DAY)
        await again.close()
        rows = await ledger(reader)
        assert [row["rows"] for row in rows] == [1, 1]
        assert first_broken(chain(rows)) is None
